// An HTTPS server made of Mongoose and mbedtls: prints its address and answers until it is killed.
#include "mongoose.h"

static struct mg_tls_opts tls;

static void handle(struct mg_connection *connection, int event, void *data, void *context) {
  (void)data, (void)context;
  if (event == MG_EV_ACCEPT) mg_tls_init(connection, &tls);
  if (event == MG_EV_HTTP_MSG) mg_http_reply(connection, 200, "Content-Type: text/plain\r\n", "hello over TLS\n");
}

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  tls.cert = argv[1];
  tls.certkey = argv[2];
  struct mg_mgr manager;
  mg_mgr_init(&manager);
  struct mg_connection *listener = mg_http_listen(&manager, "https://127.0.0.1:0", handle, NULL);
  if (!listener) return 1;
  printf("https://localhost:%d/\n", mg_ntohs(listener->loc.port));
  fflush(stdout);
  for (;;) mg_mgr_poll(&manager, 1000);
}
