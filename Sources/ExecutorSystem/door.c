// The door: connections, the proofs they owe, and the limits on those who try. Sources/Wire/Handshake.swift has the protocol.
//
// A connection that has proved nothing costs a slot and no process. Too many at once: the one that has waited longest goes,
// so that silent ones keep nobody out. A wrong proof keeps its slot for a while, which bounds the guesses per second.
#define _GNU_SOURCE
#include "Door.h"

#include "Processes.h"
#include "SHA256.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "SystemCalls.h"

enum {
  // As many guesses a second are heard at most; more would keep a controller waiting that knows the token.
  SLOTS = 256,
  NONCE = 32,
  LABEL = 16,
  SHORTEST_TOKEN = 16,
  // In milliseconds: for a proof to arrive, and what a wrong one costs.
  PATIENCE = 5000,
  PENALTY = 1000,
  // Between two dials.
  FIRST_PAUSE = 50,
  LONGEST_PAUSE = 2000,
};

// "JDTOKEN1"
static const uint64_t MAGIC = 0x314e454b4f54444a;

// A Hangup frame, so that a controller that knows no token ends with its text.
#define REFUSAL "this executor asks for a token: jitdebug --token-file FILE"
struct __attribute__((packed)) challenge {
  uint64_t size, opcode, sequence_number, tag;
  uint8_t is_error;
  uint64_t text_size;
  char text[sizeof REFUSAL - 1];
  uint8_t nonce[NONCE];
};

struct answer {
  uint64_t magic;
  uint8_t nonce[NONCE], proof[SHA256_SIZE];
};

// What is proved: the protocol, the prover's role, and both nonces.
struct statement {
  char label[LABEL];
  uint8_t executor_nonce[NONCE], controller_nonce[NONCE];
};

static struct slot {
  // 0: free.
  int connection;
  bool is_refused;
  size_t received;
  uint64_t until;
  uint8_t nonce[NONCE];
  struct answer answer;
} slots[SLOTS];

static uint8_t token[1024];
static size_t token_size;
// Of size 0 unless there is one.
static struct network_address dialled;
static uint64_t next_dial;
static unsigned dial_pause;

const char *door_read_token(const char *path) {
  int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0) return error_text(errno);
  struct stat status;
  ssize_t size = 0;
  const char *reason = 0;
  if (fstat(file, &status) || !S_ISREG(status.st_mode)) reason = "is no file";
  else if (status.st_uid != geteuid()) reason = "belongs to somebody else";
  else if (status.st_mode & 077) reason = "can be read by others; its mode must be 0600";
  else if ((size = read(file, token, sizeof token)) < 0) reason = error_text(errno);
  close(file);
  if (size > 0 && token[size - 1] == '\n') size--;
  if (!reason && size < SHORTEST_TOKEN) reason = "has a token of less than 16 bytes";
  if (!reason && size >= (ssize_t)sizeof token) reason = "has a token of more than 1022 bytes";
  token_size = size;
  return reason;
}

static void prove(const char *label, const struct slot *slot, uint8_t *proof) {
  struct statement statement;
  memcpy(statement.label, label, LABEL);
  memcpy(statement.executor_nonce, slot->nonce, NONCE);
  memcpy(statement.controller_nonce, slot->answer.nonce, NONCE);
  hmac_sha256(token, token_size, &statement, sizeof statement, proof);
}

static void end(struct slot *slot) {
  close(slot->connection);
  slot->connection = 0;
}

// Sends a challenge. Returns the connection if none is needed.
static int receive(int connection) {
  if (!token_size) return connection;
  struct slot *slot = 0;
  for (int i = 0; i < SLOTS; i++) {
    struct slot *other = slots + i;
    if (!other->connection) {
      slot = other;
      break;
    }
    if (!other->is_refused && (!slot || other->until < slot->until)) slot = other;
  }
  struct challenge challenge = {sizeof challenge, 1, 0, MAGIC, 1, sizeof challenge.text, {0}, {0}};
  memcpy(challenge.text, REFUSAL, sizeof challenge.text);
  if (!slot || getrandom(challenge.nonce, NONCE, 0) != NONCE) {
    close(connection);
    return 0;
  }
  if (slot->connection) end(slot);
  *slot = (struct slot){.connection = connection, .until = time_now() + PATIENCE};
  memcpy(slot->nonce, challenge.nonce, NONCE);
  send(connection, &challenge, sizeof challenge, MSG_DONTWAIT | MSG_NOSIGNAL);
  return 0;
}

// Takes what has arrived of an answer. Returns the connection once it is complete and right.
static int listen_to(struct slot *slot) {
  size_t missing = sizeof slot->answer - slot->received;
  ssize_t count = recv(slot->connection, (char *)&slot->answer + slot->received, missing, MSG_DONTWAIT);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return 0;
  if (count <= 0) {
    end(slot);
    return 0;
  }
  slot->received += count;
  if (slot->received < sizeof slot->answer) return 0;
  uint8_t proof[SHA256_SIZE], difference = 0;
  prove("jitdebug 1 contr", slot, proof);
  // All bytes are compared, for the time taken tells nothing then.
  for (int i = 0; i < SHA256_SIZE; i++) difference |= proof[i] ^ slot->answer.proof[i];
  if (difference || slot->answer.magic != MAGIC) {
    output_report("jitdebug-executor: refused a controller that has not the token\n");
    slot->is_refused = true;
    slot->until = time_now() + PENALTY;
    return 0;
  }
  prove("jitdebug 1 execu", slot, proof);
  int connection = slot->connection;
  slot->connection = 0;
  send(connection, proof, sizeof proof, MSG_DONTWAIT | MSG_NOSIGNAL);
  return connection;
}

void door_dial(const struct network_address *address) {
  dialled = *address;
  dial_pause = FIRST_PAUSE;
}

static int dial(void) {
  int connection = network_dial(&dialled);
  if (connection >= 0) {
    dial_pause = FIRST_PAUSE;
    connection = receive(connection);
  } else {
    dial_pause = dial_pause * 2 < LONGEST_PAUSE ? dial_pause * 2 : LONGEST_PAUSE;
    connection = 0;
  }
  next_dial = time_now() + dial_pause;
  return connection;
}

int door_wait(int signals, int listener) {
  struct pollfd polled[SLOTS + 2];
  uint64_t now = time_now(), next = UINT64_MAX;
  int used = 0, refused = 0;
  for (int i = 0; i < SLOTS; i++) {
    struct slot *slot = slots + i;
    polled[i].events = POLLIN | POLLRDHUP;
    polled[i].fd = -1;
    if (!slot->connection) continue;
    used++;
    if (slot->until < next) next = slot->until;
    if (slot->is_refused) refused++;
    else polled[i].fd = slot->connection;
  }
  if (dialled.size && !used) {
    if (now >= next_dial) {
      int connection = dial();
      if (connection) return connection;
      now = time_now();
    }
    if (next_dial < next) next = next_dial;
  }
  polled[SLOTS] = (struct pollfd){.fd = refused < SLOTS ? listener : -1, .events = POLLIN};
  polled[SLOTS + 1] = (struct pollfd){.fd = signals, .events = POLLIN};
  int limit = next == UINT64_MAX ? -1 : next > now ? (int)(next - now) : 0;
  if (poll(polled, SLOTS + 2, limit) < 0) return 0;
  now = time_now();
  for (int i = 0; i < SLOTS; i++) {
    struct slot *slot = slots + i;
    if (!slot->connection) continue;
    if (now >= slot->until) end(slot);
    else if (polled[i].revents) {
      int connection = listen_to(slot);
      if (connection) return connection;
      if (slot->connection) refused += slot->is_refused;
    }
  }
  // Who finds no slot waits outside.
  if (!polled[SLOTS].revents || refused >= SLOTS) return 0;
  int connection = network_accept(listener);
  return connection < 0 ? connection : receive(connection);
}

int door_let_in(int connection) {
  connection = receive(connection);
  while (!connection && slots->connection) connection = door_wait(-1, -1);
  return connection;
}

void door_forget(void) {
  for (int i = 0; i < SLOTS; i++)
    if (slots[i].connection) end(slots + i);
  memset(token, 0, sizeof token);
  // Or the compiler would see that nobody reads it.
  __asm__ volatile("" : : "r"(token) : "memory");
  token_size = 0;
}
