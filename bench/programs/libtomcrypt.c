/* libtomcrypt.c: keys are made, and messages signed, encrypted and packed, with LibTomCrypt over LibTomMath.
 *
 * SPDX-License-Identifier: MIT */
#include "program.h"

#include <tommath.h> /* tomcrypt.h has macros of its names */

#include <tomcrypt.h>

#include <stdio.h>

static uint32_t seed = 1;

static unsigned long random_bytes(unsigned char *output, unsigned long size, prng_state *state)
{
    (void)state;
    for (unsigned long i = 0; i < size; i++)
        output[i] = (unsigned char)program_random(&seed);
    return size;
}

/* For the primes' tests. */
static mp_err random_source(void *output, size_t size)
{
    random_bytes(output, size, NULL);
    return MP_OKAY;
}

static const struct ltc_prng_descriptor generator = {.name = "series", .read = random_bytes};
static uint32_t sum = 5381;
static int prng, sha256;

static int report(const char *name, int error)
{
    printf("%s: %s, sum %lx\n", name, error_to_string(error), (unsigned long)sum);
    return error != CRYPT_OK;
}

static int rsa(void)
{
    static const unsigned char message[32] = "a hash of thirty-two bytes here";
    unsigned char sealed[128], opened[128];
    unsigned long size = sizeof sealed, opened_size = sizeof opened;
    int valid = 0;
    rsa_key key;
    int error = rsa_make_key(NULL, prng, 768 / 8, 65537, &key);
    if (error != CRYPT_OK)
        return report("RSA", error);
    error = rsa_sign_hash(message, sizeof message, sealed, &size, NULL, prng, sha256, 0, &key);
    sum = program_sum(sum, sealed, (uint32_t)size);
    if (error == CRYPT_OK)
        error = rsa_verify_hash(sealed, size, message, sizeof message, sha256, 0, &valid, &key);
    if (error == CRYPT_OK && !valid)
        error = CRYPT_INVALID_PACKET;
    size = sizeof sealed;
    if (error == CRYPT_OK)
        error = rsa_encrypt_key(message, 16, sealed, &size, NULL, 0, NULL, prng, sha256, &key);
    if (error == CRYPT_OK)
        error = rsa_decrypt_key(sealed, size, opened, &opened_size, NULL, 0, sha256, &valid, &key);
    if (error == CRYPT_OK && (!valid || opened_size != 16 || XMEMCMP(opened, message, 16) != 0))
        error = CRYPT_INVALID_PACKET;
    rsa_free(&key);
    return report("RSA", error);
}

static int ecc(void)
{
    static const unsigned char message[32] = "another hash of thirty-two bytes";
    unsigned char signature[128], shared[2][64];
    unsigned long size = sizeof signature, sizes[2] = {64, 64};
    int valid = 0;
    ecc_key ours, theirs;
    int error = ecc_make_key(NULL, prng, 32, &ours);
    if (error != CRYPT_OK)
        return report("ECC", error);
    error = ecc_make_key(NULL, prng, 32, &theirs);
    if (error == CRYPT_OK) {
        error = ecc_sign_hash(message, sizeof message, signature, &size, NULL, prng, &ours);
        sum = program_sum(sum, signature, (uint32_t)size);
        if (error == CRYPT_OK)
            error = ecc_verify_hash(signature, size, message, sizeof message, &valid, &ours);
        if (error == CRYPT_OK)
            error = ecc_shared_secret(&ours, &theirs, shared[0], &sizes[0]);
        if (error == CRYPT_OK)
            error = ecc_shared_secret(&theirs, &ours, shared[1], &sizes[1]);
        if (error == CRYPT_OK && (!valid || sizes[0] != sizes[1] || XMEMCMP(shared[0], shared[1], sizes[0]) != 0))
            error = CRYPT_INVALID_PACKET;
        ecc_free(&theirs);
    }
    ecc_free(&ours);
    return report("ECC", error);
}

int program(void)
{
    ltc_mp = ltm_desc;
    mp_rand_source(random_source);
    prng = register_prng(&generator);
    sha256 = register_hash(&sha256_desc);
    if (prng < 0 || sha256 < 0)
        return 1;
    return rsa() | ecc();
}
