/* The checksums and digests that etcd's files use. */
#ifndef QUORATE_BASE_HASH_H
#define QUORATE_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"

/*
 * CRC-32C (Castagnoli), as Go's crc32.Update: continues the finished value 'crc' (0 at the start),
 * so crc32c(crc32c(0, a), b) is the CRC of a followed by b. "123456789" gives e3069283.
 */
uint32_t crc32c(uint32_t crc, const void *data, size_t size);
/* The same without the processor's instructions: what crc32c falls back to; tests compare both. */
uint32_t crc32c_portable(uint32_t crc, const void *data, size_t size);

/* The CRC of a followed by b, from those of both and the size of b: crc32c(crc32c(0, a), b). */
uint32_t crc32c_combine(uint32_t crc_a, uint32_t crc_b, uint64_t size_b);

/* FNV-1a, 64 bits: the checksum of a bbolt meta page. "" gives cbf29ce484222325. */
uint64_t fnv1a64(const void *data, size_t size);

/* A fast 64-bit hash for hash tables; the same in every run, no defence against chosen keys. */
uint64_t hash64(const void *data, size_t size);

enum { SHA256_SIZE = 32, SHA1_SIZE = 20 };

/* A running SHA-256 (OpenSSL's). sha256_free accepts NULL. */
struct sha256;
#define AUTO_SHA256 __attribute__((cleanup(sha256_cleanup))) struct sha256 *
struct sha256 *sha256_new(void);
void sha256_free(struct sha256 *s);
void sha256_update(struct sha256 *s, const void *data, size_t size);
/* Ends the digest and starts a new one. */
void sha256_finish(struct sha256 *s, uint8_t ret_digest[SHA256_SIZE]);

static inline void
sha256_cleanup(struct sha256 **s)
{
    sha256_free(*s);
}

void sha256_of(struct bytes data, uint8_t ret_digest[SHA256_SIZE]);
/* SHA-1 is only for etcd's member and cluster ids. */
void sha1_of(struct bytes data, uint8_t ret_digest[SHA1_SIZE]);

/* 'size' bytes from the system's random source. */
void random_bytes(void *ret_data, size_t size);

#endif
