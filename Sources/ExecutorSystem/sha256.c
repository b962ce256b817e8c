// SHA-256 as FIPS 180-4 describes it, section by section.
#include "SHA256.h"

#include <string.h>

// 4.2.2: of the cube roots of the first 64 primes. Those of the square roots, 5.3.3, begin the state.
static const uint32_t K[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01,
    0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc,
    0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
    0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08,
    0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
    0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static uint32_t rotate(uint32_t x, int n) { return x >> n | x << (32 - n); }

// 6.2.2
static void compress(struct sha256 *self) {
  uint32_t w[64], v[8];
  for (int t = 0; t < 16; t++) {
    const uint8_t *b = self->block + 4 * t;
    w[t] = (uint32_t)b[0] << 24 | b[1] << 16 | b[2] << 8 | b[3];
  }
  for (int t = 16; t < 64; t++)
    w[t] = (rotate(w[t - 2], 17) ^ rotate(w[t - 2], 19) ^ w[t - 2] >> 10) + w[t - 7] +
           (rotate(w[t - 15], 7) ^ rotate(w[t - 15], 18) ^ w[t - 15] >> 3) + w[t - 16];
  memcpy(v, self->state, sizeof v);
  for (int t = 0; t < 64; t++) {
    uint32_t t1 = v[7] + (rotate(v[4], 6) ^ rotate(v[4], 11) ^ rotate(v[4], 25)) + ((v[4] & v[5]) ^ (~v[4] & v[6])) + K[t] + w[t];
    uint32_t t2 = (rotate(v[0], 2) ^ rotate(v[0], 13) ^ rotate(v[0], 22)) + ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));
    memmove(v + 1, v, 7 * sizeof *v);
    v[4] += t1;
    v[0] = t1 + t2;
  }
  for (int i = 0; i < 8; i++) self->state[i] += v[i];
}

void sha256_begin(struct sha256 *self) {
  static const uint32_t start[8] = {
      0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  memcpy(self->state, start, sizeof start);
  self->size = 0;
}

void sha256_add(struct sha256 *self, const void *bytes, size_t size) {
  const uint8_t *next = bytes;
  while (size--) {
    self->block[self->size++ % SHA256_BLOCK] = *next++;
    if (self->size % SHA256_BLOCK == 0) compress(self);
  }
}

// 5.1.1: a bit, zeros, and the length in bits.
void sha256_end(struct sha256 *self, uint8_t *digest) {
  uint64_t bits = self->size * 8;
  uint8_t byte = 0x80;
  do {
    sha256_add(self, &byte, 1);
    byte = 0;
  } while (self->size % SHA256_BLOCK != SHA256_BLOCK - 8);
  for (int shift = 56; shift >= 0; shift -= 8) {
    byte = bits >> shift;
    sha256_add(self, &byte, 1);
  }
  for (int i = 0; i < SHA256_SIZE; i++) digest[i] = self->state[i / 4] >> (24 - i % 4 * 8);
}

void hmac_sha256(const void *key, size_t key_size, const void *message, size_t message_size, uint8_t *digest) {
  struct sha256 hash;
  uint8_t pad[SHA256_BLOCK] = {0};
  if (key_size > sizeof pad) {
    sha256_begin(&hash);
    sha256_add(&hash, key, key_size);
    sha256_end(&hash, pad);
  } else {
    memcpy(pad, key, key_size);
  }
  for (int i = 0; i < SHA256_BLOCK; i++) pad[i] ^= 0x36;
  sha256_begin(&hash);
  sha256_add(&hash, pad, sizeof pad);
  sha256_add(&hash, message, message_size);
  sha256_end(&hash, digest);
  for (int i = 0; i < SHA256_BLOCK; i++) pad[i] ^= 0x36 ^ 0x5c;
  sha256_begin(&hash);
  sha256_add(&hash, pad, sizeof pad);
  sha256_add(&hash, digest, SHA256_SIZE);
  sha256_end(&hash, digest);
}
