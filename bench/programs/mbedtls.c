/* mbedtls.c: self-tests of Mbed TLS, and signatures by ECDSA.
 *
 * SPDX-License-Identifier: MIT */
#include "program.h"

#include <mbedtls/bignum.h>
#include <mbedtls/ecdsa.h>
#include <mbedtls/gcm.h>
#include <mbedtls/md.h>
#include <mbedtls/rsa.h>

#include <stdio.h>
#include <string.h>

static int random_bytes(void *context, unsigned char *output, size_t size)
{
    while (size-- > 0)
        *output++ = (unsigned char)program_random(context);
    return 0;
}

/* A key is made; messages are signed and verified, and a wrong one is refused. */
static int signatures(int messages)
{
    uint32_t seed = 1, sum = 5381;
    mbedtls_ecdsa_context key;
    mbedtls_ecdsa_init(&key);
    int failed = mbedtls_ecdsa_genkey(&key, MBEDTLS_ECP_DP_SECP256R1, random_bytes, &seed);
    for (int i = 0; !failed && i < messages; i++) {
        unsigned char hash[32], signature[MBEDTLS_ECDSA_MAX_LEN];
        size_t size = 0;
        failed = mbedtls_md(mbedtls_md_info_from_type(MBEDTLS_MD_SHA256), (const unsigned char *)&i, sizeof i, hash) ||
                 mbedtls_ecdsa_write_signature(&key, MBEDTLS_MD_SHA256, hash, sizeof hash, signature, &size,
                                               random_bytes, &seed) ||
                 mbedtls_ecdsa_read_signature(&key, hash, sizeof hash, signature, size);
        sum = program_sum(sum, signature, (uint32_t)size);
        hash[0] ^= 1;
        failed = failed || !mbedtls_ecdsa_read_signature(&key, hash, sizeof hash, signature, size);
    }
    mbedtls_ecdsa_free(&key);
    printf("ECDSA: %s, sum %lx\n", failed ? "failed" : "passed", (unsigned long)sum);
    return failed;
}

int program(void)
{
    static const struct {
        const char *name;
        int (*test)(int verbose);
    } tests[] = {
        {"bignum", mbedtls_mpi_self_test},
        {"GCM", mbedtls_gcm_self_test},
        {"RSA", mbedtls_rsa_self_test},
    };
    int failed = 0;
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) {
        int wrong = tests[i].test(0);
        printf("%s: %s\n", tests[i].name, wrong ? "failed" : "passed");
        failed |= wrong;
    }
    return failed | signatures(2);
}
