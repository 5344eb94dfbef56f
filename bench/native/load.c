/* The client of the benchmarks: mutual TLS 1.3 on many connections in one thread, requests that were made before.
 *
 *   load HOST PORT CERT KEY ROOTS REQUESTS CONNECTIONS MODE SECONDS [RATE]
 *
 * MODE keep: closed loop, one request at a time on each connection. MODE rate: RATE requests a second in all, latency
 * from the time that each was due. MODE handshake: one connection for each request. MODE idle: opens the connections and
 * holds them. REQUESTS: whole requests without bodies, one behind the other; they go round.
 *
 * It opens all connections and sends a request on each, prints "ready", and begins when a line comes in. At the end it
 * prints one line of JSON. An answer other than 200, or an end before its last byte, is a failure. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MOST_LATENCIES 4000000

typedef struct {
  SSL *ssl;
  int fd;
  int is_open;      /* the handshake is done */
  int is_busy;      /* a request is under way */
  long left;        /* bytes of the body still to come; -1: in the head */
  int head;         /* bytes of the head held */
  char buffer[4096];
  double due;
} connection;

static SSL_CTX *context;
static struct sockaddr_in address;
static char *requests;
static long *starts;
static long request_count, next_request;
static connection *all;
static int count, epoll_fd;
static long done, failures, warm;
static float *latencies;
static long latency_count;
static int is_measuring, is_handshake, is_rate;
static int *idle, idle_count;

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void die(const char *what) {
  fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
  ERR_print_errors_fp(stderr);
  exit(1);
}

static void read_requests(const char *path) {
  FILE *file = fopen(path, "rb");
  if (!file) die(path);
  fseek(file, 0, SEEK_END);
  long size = ftell(file);
  rewind(file);
  requests = malloc((size_t)size + 1);
  if (fread(requests, 1, (size_t)size, file) != (size_t)size) die(path);
  fclose(file);
  requests[size] = 0;
  starts = malloc(sizeof(long) * (size_t)(size / 16 + 2));
  for (long at = 0; at < size;) {
    char *end = strstr(requests + at, "\r\n\r\n");
    if (!end) die("a request without an end");
    starts[request_count++] = at;
    at = end - requests + 4;
  }
  starts[request_count] = size;
}

static void start_connection(connection *c) {
  c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  int one = 1;
  setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  if (connect(c->fd, (struct sockaddr *)&address, sizeof address) != 0 && errno != EINPROGRESS) die("connect");
  c->ssl = SSL_new(context);
  SSL_set_fd(c->ssl, c->fd);
  SSL_set_connect_state(c->ssl);
  SSL_set_tlsext_host_name(c->ssl, "localhost");
  c->is_open = c->is_busy = 0;
  struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = c};
  epoll_ctl(epoll_fd, EPOLL_CTL_ADD, c->fd, &event);
}

static void stop_connection(connection *c, int in_order) {
  if (in_order) SSL_shutdown(c->ssl);
  SSL_free(c->ssl);
  close(c->fd);
}

static void send_request(connection *c, double due) {
  long at = next_request;
  next_request = (next_request + 1) % request_count;
  c->is_busy = 1;
  c->left = -1;
  c->head = 0;
  c->due = due;
  int size = (int)(starts[at + 1] - starts[at]);
  if (SSL_write(c->ssl, requests + starts[at], size) != size) die("write");
}

static void fail(connection *c) {
  failures += 1;
  if (failures < 5) fprintf(stderr, "load: failed: %.120s\n", c->head > 0 ? c->buffer : "closed");
  stop_connection(c, 0);
  start_connection(c);
}

/* The answer is whole. */
static void finish(connection *c) {
  c->is_busy = 0;
  if (is_measuring) {
    done += 1;
    if (latency_count < MOST_LATENCIES) latencies[latency_count++] = (float)((now() - c->due) * 1e6);
  } else {
    warm += 1;
  }
  if (is_handshake && is_measuring) {
    stop_connection(c, 1);
    start_connection(c);
  } else if (is_rate) {
    idle[idle_count++] = (int)(c - all);
  } else if (is_measuring) {
    send_request(c, now());
  }
}

/* Takes what came; gives 0 where the connection failed. */
static int take(connection *c, char *bytes, int size) {
  if (c->left >= 0) {
    c->left -= size;
    return 1;
  }
  if (c->head + size > (int)sizeof c->buffer - 1) {
    int most = (int)sizeof c->buffer - 1 - c->head;
    memcpy(c->buffer + c->head, bytes, (size_t)most);
    c->buffer[sizeof c->buffer - 1] = 0;
  } else {
    memcpy(c->buffer + c->head, bytes, (size_t)size);
    c->buffer[c->head + size] = 0;
  }
  char *end = strstr(c->buffer, "\r\n\r\n");
  if (!end) {
    c->head += size;
    return c->head < (int)sizeof c->buffer - 1;
  }
  if (strncmp(c->buffer, "HTTP/1.1 200", 12) != 0) return 0;
  char *length = strcasestr(c->buffer, "\r\ncontent-length:");
  if (!length || length > end) return 0;
  c->left = atol(length + 17) - (c->head + size - (end - c->buffer + 4));
  c->head += size;
  return 1;
}

static void on_event(connection *c) {
  static char bytes[65536];
  if (!c->is_open) {
    int result = SSL_do_handshake(c->ssl);
    if (result != 1) {
      int error = SSL_get_error(c->ssl, result);
      if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) {
        if (!is_measuring) die("handshake");
        fail(c);
      }
      return;
    }
    c->is_open = 1;
    send_request(c, now());
    return;
  }
  for (;;) {
    int size = SSL_read(c->ssl, bytes, sizeof bytes);
    if (size <= 0) {
      int error = SSL_get_error(c->ssl, size);
      if (error != SSL_ERROR_WANT_READ) fail(c);
      return;
    }
    if (!c->is_busy || !take(c, bytes, size)) {
      fail(c);
      return;
    }
    if (c->left < 0) continue;
    if (c->left == 0) {
      finish(c);
      if (is_handshake && is_measuring) return;
    }
  }
}

static void turn(double until) {
  struct epoll_event events[256];
  double span = until - now();
  if (span < 0) span = 0;
  struct timespec wait = {.tv_sec = (time_t)span, .tv_nsec = (long)((span - (double)(time_t)span) * 1e9)};
  int found = epoll_pwait2(epoll_fd, events, 256, &wait, NULL);
  for (int at = 0; at < found; at += 1) on_event(events[at].data.ptr);
}

static int by_value(const void *a, const void *b) {
  float x = *(const float *)a, y = *(const float *)b;
  return (x > y) - (x < y);
}

static double percentile(double share) {
  return latency_count == 0 ? 0 : latencies[(long)((double)(latency_count - 1) * share)];
}

int main(int argc, char **argv) {
  if (argc < 10) {
    fprintf(stderr, "usage: load HOST PORT CERT KEY ROOTS REQUESTS CONNECTIONS MODE SECONDS [RATE]\n");
    return 2;
  }
  // A proxy that is ended closes connections that are being written to.
  signal(SIGPIPE, SIG_IGN);
  const char *mode = argv[8];
  double seconds = atof(argv[9]), rate = argc > 10 ? atof(argv[10]) : 0;
  count = atoi(argv[7]);
  is_handshake = strcmp(mode, "handshake") == 0;
  is_rate = strcmp(mode, "rate") == 0;
  read_requests(argv[6]);
  address.sin_family = AF_INET;
  address.sin_port = htons((uint16_t)atoi(argv[2]));
  inet_pton(AF_INET, argv[1], &address.sin_addr);
  context = SSL_CTX_new(TLS_client_method());
  SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_ciphersuites(context, "TLS_AES_128_GCM_SHA256");
  SSL_CTX_set1_groups_list(context, "X25519");
  if (SSL_CTX_use_certificate_chain_file(context, argv[3]) != 1) die(argv[3]);
  if (SSL_CTX_use_PrivateKey_file(context, argv[4], SSL_FILETYPE_PEM) != 1) die(argv[4]);
  if (SSL_CTX_load_verify_locations(context, argv[5], NULL) != 1) die(argv[5]);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
  latencies = malloc(sizeof(float) * MOST_LATENCIES);
  all = calloc((size_t)count, sizeof *all);
  idle = calloc((size_t)count, sizeof *idle);
  epoll_fd = epoll_create1(0);

  int begun = 0;
  while (warm < count) {
    /* Few handshakes at a time: no proxy is to turn one away. */
    while (begun < count && begun - warm < 16) start_connection(&all[begun++]);
    turn(now() + 1);
    if (failures > 0) die("a request failed before the start");
  }
  printf("ready\n");
  fflush(stdout);
  char line[16];
  if (!fgets(line, sizeof line, stdin)) return 1;

  double begin = now(), end = begin + seconds, due = begin;
  is_measuring = 1;
  if (strcmp(mode, "keep") == 0) {
    for (int at = 0; at < count; at += 1) send_request(&all[at], begin);
  } else if (is_handshake) {
    for (int at = 0; at < count; at += 1) {
      stop_connection(&all[at], 1);
      start_connection(&all[at]);
    }
  }
  while (now() < end) {
    if (!is_rate) {
      turn(end);
      continue;
    }
    while (due <= now() && idle_count > 0) {
      send_request(&all[idle[--idle_count]], due);
      due += 1 / rate;
    }
    turn(idle_count > 0 && due < end ? due : end);
  }
  double spent = now() - begin;
  qsort(latencies, (size_t)latency_count, sizeof(float), by_value);
  printf("{\"requests\":%ld,\"failures\":%ld,\"seconds\":%.6f,\"p50us\":%.1f,\"p99us\":%.1f}\n", done, failures, spent,
         percentile(0.5), percentile(0.99));
  return 0;
}
