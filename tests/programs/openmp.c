/* openmp ROUNDS: an ordinary OpenMP program: each thread allocates its part, small and large, at the same time.
 *
 * SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { PARTS = 64 };

static uint64_t one_part(uint32_t seed)
{
    size_t count = 1000 + (size_t)seed * 7919 % 1000000;
    uint64_t sum = 0;
    double *values = malloc(count * sizeof *values);
    uint32_t **rows = calloc(count / 100, sizeof *rows);
    if (values == NULL || rows == NULL)
        exit(1);
    for (size_t i = 0; i < count; i++)
        values[i] = (double)((i * seed) % 1000);
    for (size_t i = 0; i < count / 100; i++) {
        rows[i] = malloc(16 + i % 300);
        if (rows[i] == NULL)
            exit(1);
        rows[i][0] = (uint32_t)i + seed;
    }
    for (size_t i = 0; i < count / 100; i++) {
        sum += rows[i][0] + (uint64_t)values[i * 100];
        free(rows[i]);
    }
    free(rows);
    free(values);
    return sum;
}

int main(int count, char **words)
{
    int rounds = count > 1 ? atoi(words[1]) : 1;
    uint64_t sum = 0;
    for (int round = 0; round < rounds; round++) {
#pragma omp parallel for num_threads(4) schedule(dynamic) reduction(+ : sum)
        for (int part = 0; part < PARTS; part++)
            sum += one_part((uint32_t)(round * PARTS + part));
    }
    printf("%llu\n", (unsigned long long)sum);
    return 0;
}
