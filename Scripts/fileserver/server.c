// A small HTTP file server on top of Mongoose: the program that Scripts/demo runs remotely and debugs, and in which
// TUTORIAL.md finds a mistake that stands here on purpose.

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mongoose.h"

// What the server knows about itself. Greeting and counter appear in the headers of every response, so a debugger that
// changes one of them is seen from outside.
struct server_state {
  const char *root;         // the folder served
  size_t prefix;            // how many characters all paths below it have in common: the root and a slash
  char greeting[40];        // goes out as X-Greeting
  unsigned long responses;  // how many were given, this one included; goes out as X-Responses
};

struct server_state server = {".", 0, "hello from Mongoose", 0};

static volatile sig_atomic_t ending_signal = 0;

static void note_signal(int number) {
  ending_signal = number;
}

// Whether a request stays below the root when the links on its way are followed.
static bool is_below_root(struct mg_str uri) {
  char asked[PATH_MAX], found[PATH_MAX];
  int start = snprintf(asked, sizeof(asked), "%s/", server.root);
  mg_url_decode(uri.ptr, uri.len, asked + start, sizeof(asked) - start, 0);
  mg_remove_double_dots(asked);  // doubled slashes, too

  if (realpath(asked, found) == NULL) return false;
  size_t length = strlen(found);
  if (found[length - 1] != '/') found[length++] = '/';
  return length >= server.prefix && memcmp(found, asked, server.prefix) == 0;
}

// Answers one request with the file or the folder listing that its path names.
static void answer(struct mg_connection *connection, int event, void *data, void *context) {
  (void) context;
  if (event != MG_EV_HTTP_MSG) return;

  server.responses++;
  char headers[128];
  snprintf(headers, sizeof(headers), "X-Greeting: %s\r\nX-Responses: %lu\r\n", server.greeting, server.responses);

  struct mg_http_message *request = data;
  if (!is_below_root(request->uri)) {
    mg_http_reply(connection, 404, headers, "Not found\n");
    return;
  }
  struct mg_http_serve_opts options = {0};
  options.root_dir = server.root;
  options.extra_headers = headers;
  mg_http_serve_dir(connection, request, &options);
}

static int usage(const char *program, int status) {
  fprintf(status == 0 ? stdout : stderr,
          "usage: %s [-l URL] [-d FOLDER]\n"
          "  -l URL     where to listen (http://127.0.0.1:0; port 0 lets the system choose)\n"
          "  -d FOLDER  what to serve (the working directory)\n",
          program);
  return status;
}

int main(int argc, char *argv[]) {
  const char *url = "http://127.0.0.1:0";
  int option;
  while ((option = getopt(argc, argv, "l:d:h")) != -1) {
    switch (option) {
      case 'l': url = optarg; break;
      case 'd': server.root = optarg; break;
      case 'h': return usage(argv[0], 0);
      default: return usage(argv[0], 64);
    }
  }
  if (optind < argc) return usage(argv[0], 64);

  // Mongoose wants the folder without links and "..", or it refuses every path below as outside of it.
  server.root = realpath(server.root, NULL);
  if (server.root == NULL) {
    fprintf(stderr, "error: folder to serve: %s\n", strerror(errno));
    return 1;
  }
  // The tutorial's mistake, on purpose: a root that is "/" ends with its slash already. (Mongoose 7.3 had its like.)
  server.prefix = strlen(server.root) + 1;

  // No SA_RESTART: the signal has to end the wait inside mg_mgr_poll.
  struct sigaction action = {0};
  action.sa_handler = note_signal;
  sigaction(SIGINT, &action, NULL);
  sigaction(SIGTERM, &action, NULL);

  struct mg_mgr manager;
  mg_log_set(MG_LL_ERROR);
  mg_mgr_init(&manager);
  struct mg_connection *listener = mg_http_listen(&manager, url, answer, NULL);
  if (listener == NULL) {
    fprintf(stderr, "error: cannot listen on %s\n", url);
    return 1;
  }

  // After binding, the listener knows the port that the system chose for port 0.
  char address[64];
  mg_straddr(&listener->loc, address, sizeof(address));
  printf("serving %s on http://%s/\n", server.root, address);
  fflush(stdout);

  while (ending_signal == 0) mg_mgr_poll(&manager, 1000);

  mg_mgr_free(&manager);
  printf("ended by signal %d after %lu responses\n", (int) ending_signal, server.responses);
  free((char *) server.root);
  return 0;
}
