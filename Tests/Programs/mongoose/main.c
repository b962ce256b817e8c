// Uses Mongoose without a network peer: enough of it to have its whole debug info linked, and to end by itself.
#include "mongoose.h"

static const char *folder = ".";

static void handle(struct mg_connection *connection, int event, void *data, void *context) {
  (void)context;
  if (event == MG_EV_HTTP_MSG) {
    struct mg_http_serve_opts options = {.root_dir = folder};
    mg_http_serve_dir(connection, data, &options);
  }
}

int main(void) {
  struct mg_mgr manager;
  mg_mgr_init(&manager);
  if (!mg_http_listen(&manager, "http://127.0.0.1:0", handle, NULL))
    return 1;
  mg_mgr_poll(&manager, 1);
  mg_mgr_free(&manager);
  static const char request[] = "GET /path?x=1 HTTP/1.1\r\nHost: example\r\n\r\n";
  struct mg_http_message message;
  int size = mg_http_parse(request, sizeof request - 1, &message);
  printf("%d %.*s %.*s\n", size, (int)message.uri.len, message.uri.ptr, (int)message.query.len, message.query.ptr);
  return 0;
}
