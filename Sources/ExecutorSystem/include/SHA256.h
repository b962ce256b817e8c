// SHA-256 (FIPS 180-4) and HMAC (RFC 2104), small rather than fast.
#pragma once

#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

enum { SHA256_SIZE = 32, SHA256_BLOCK = 64 };

struct sha256 {
  uint32_t state[8];
  uint64_t size;
  uint8_t block[SHA256_BLOCK];
};

void sha256_begin(struct sha256 *self);
void sha256_add(struct sha256 *self, const void *bytes, size_t size);
void sha256_end(struct sha256 *self, uint8_t *digest);

void hmac_sha256(const void *key, size_t key_size, const void *message, size_t message_size, uint8_t *digest);

#pragma clang assume_nonnull end
