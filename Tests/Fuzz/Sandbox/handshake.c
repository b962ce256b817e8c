// Fuzzes the proof that a connection owes: only the one right answer gets in, whatever surrounds it.
#define _GNU_SOURCE
#include "Door.h"
#include "Processes.h"
#include "SHA256.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MUST(condition) \
  do \
    if (!(condition)) { \
      fprintf(stderr, "handshake: %s does not hold\n", #condition); \
      abort(); \
    } \
  while (0)

enum { NONCE = 32, ANSWER = 8 + NONCE + SHA256_SIZE, CHALLENGE = 151 };
static const char token[] = "a token of more than sixteen bytes";

static const uint8_t *input;
static size_t input_size;
static int peer;
static bool has_answered, is_right;
static uint8_t nonce[NONCE], last_answer[ANSWER];
static uint64_t now;

static void right_answer(uint8_t *answer) {
  memcpy(answer, "JDTOKEN1", 8);
  for (int i = 0; i < NONCE; i++) answer[8 + i] = (uint8_t)(i * 7);
  uint8_t statement[16 + 2 * NONCE];
  memcpy(statement, "jitdebug 1 contr", 16);
  memcpy(statement + 16, nonce, NONCE);
  memcpy(statement + 16 + NONCE, answer + 8, NONCE);
  hmac_sha256((const uint8_t *)token, sizeof token - 1, statement, sizeof statement, answer + 8 + NONCE);
}

// The first byte says how the right answer is spoilt, if at all.
static void answer(void) {
  uint8_t challenge[512], stream[ANSWER + 4096], right[ANSWER];
  ssize_t count = recv(peer, challenge, sizeof challenge, MSG_DONTWAIT);
  MUST(count > 32 + NONCE);
  // The Hangup frame is a whole one, with the nonce at its end.
  uint64_t size;
  memcpy(&size, challenge, sizeof size);
  MUST((ssize_t)size == count);
  memcpy(nonce, challenge + count - NONCE, NONCE);
  right_answer(right);
  memcpy(stream, right, ANSWER);
  size_t length = ANSWER;
  const uint8_t *rest = input + 1;
  size_t left = input_size - 1;
  if (left > sizeof stream - ANSWER) left = sizeof stream - ANSWER;
  switch (input[0] % 5) {
    case 0:
      for (size_t i = 0; i < left; i++) stream[i % ANSWER] ^= rest[i];
      break;
    case 1:
      memcpy(stream, rest, left);
      length = left;
      break;
    case 2: length = left ? rest[0] % (ANSWER + 1) : 0; break;
    case 3:
      memcpy(stream + ANSWER, rest, left);
      length += left;
      break;
    default: memcpy(stream, last_answer, ANSWER);
  }
  is_right = length >= ANSWER && !memcmp(stream, right, ANSWER);
  memcpy(last_answer, right, ANSWER);
  size_t first = left ? rest[left - 1] % (length + 1) : 0;
  send(peer, stream, first, MSG_NOSIGNAL | MSG_DONTWAIT);
  send(peer, stream + first, length - first, MSG_NOSIGNAL | MSG_DONTWAIT);
  shutdown(peer, SHUT_WR);
}

// Nothing waits here: time passes instead.
uint64_t __wrap_time_now(void) { return now; }
int __real_poll(struct pollfd *polled, nfds_t count, int limit);
int __wrap_poll(struct pollfd *polled, nfds_t count, int limit) {
  if (!has_answered) {
    has_answered = true;
    answer();
  }
  int ready = __real_poll(polled, count, 0);
  if (!ready) {
    MUST(limit >= 0);
    now += limit + 1;
  }
  return ready;
}
void __wrap_output_report(const char *text) { MUST(*text); }

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static bool has_token;
  if (!has_token) {
    char path[] = "/tmp/jitdebug-fuzz-XXXXXX";
    int file = mkstemp(path);
    MUST(file >= 0 && write(file, token, sizeof token - 1) == sizeof token - 1);
    close(file);
    MUST(!door_read_token(path));
    unlink(path);
    has_token = true;
  }
  if (!size) return 0;
  input = data;
  input_size = size;
  has_answered = is_right = false;
  int pair[2];
  MUST(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair));
  peer = pair[1];
  int connection = door_let_in(pair[0]);
  MUST(connection == (is_right ? pair[0] : 0));
  if (connection) {
    uint8_t proof[SHA256_SIZE + 1];
    MUST(recv(peer, proof, sizeof proof, MSG_DONTWAIT) == SHA256_SIZE);
    close(connection);
  }
  close(peer);
  return 0;
}
