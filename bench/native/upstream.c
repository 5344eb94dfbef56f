/* The app of the benchmarks: plain HTTP/1.1 keep-alive in one thread, answers that were made before.
 *
 *   upstream PORT
 *
 * /s1k..., /s64k... and /s1m... answer 200 with 1 KiB, 64 KiB and 1 MiB; any other path as /s1k. Requests have no bodies. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct {
  int fd;
  int held;
  char buffer[16384];
  const char *answer; /* what of it is left to write */
  size_t left;
} connection;

typedef struct {
  char *bytes;
  size_t size;
} answer;

static answer make(size_t body) {
  char head[256];
  int length = snprintf(head, sizeof head,
                        "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nCache-Control: no-store\r\n"
                        "Content-Length: %zu\r\n\r\n",
                        body);
  answer made = {malloc((size_t)length + body), (size_t)length + body};
  memcpy(made.bytes, head, (size_t)length);
  memset(made.bytes + length, 'x', body);
  return made;
}

static int epoll_fd;
static answer small, middle, large;

static void drop(connection *c) {
  close(c->fd);
  free(c);
}

/* Gives 0 where the connection is gone. */
static int flush(connection *c) {
  while (c->left > 0) {
    ssize_t sent = write(c->fd, c->answer, c->left);
    if (sent < 0) {
      if (errno == EAGAIN) return 1;
      drop(c);
      return 0;
    }
    c->answer += sent;
    c->left -= (size_t)sent;
  }
  return 1;
}

static void on_readable(connection *c) {
  for (;;) {
    if (c->left > 0 && (!flush(c) || c->left > 0)) return;
    char *end = c->held > 0 ? memmem(c->buffer, (size_t)c->held, "\r\n\r\n", 4) : NULL;
    if (!end) {
      ssize_t size = read(c->fd, c->buffer + c->held, sizeof c->buffer - (size_t)c->held);
      if (size < 0 && errno == EAGAIN) return;
      if (size <= 0) {
        drop(c);
        return;
      }
      c->held += (int)size;
      end = memmem(c->buffer, (size_t)c->held, "\r\n\r\n", 4);
      if (!end) continue;
    }
    char *path = memchr(c->buffer, ' ', 16);
    const answer *chosen = &small;
    if (path && strncmp(path, " /s64k", 6) == 0) chosen = &middle;
    if (path && strncmp(path, " /s1m", 5) == 0) chosen = &large;
    int used = (int)(end + 4 - c->buffer);
    memmove(c->buffer, end + 4, (size_t)(c->held - used));
    c->held -= used;
    c->answer = chosen->bytes;
    c->left = chosen->size;
    if (!flush(c)) return;
    if (c->left == 0 && c->held == 0) return;
  }
}

int main(int argc, char **argv) {
  if (argc != 2) {
    fprintf(stderr, "usage: upstream PORT\n");
    return 2;
  }
  // A proxy that is ended closes connections that are being written to.
  signal(SIGPIPE, SIG_IGN);
  small = make(1024);
  middle = make(65536);
  large = make(1048576);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argv[1]))};
  inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
  int one = 1, server = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (bind(server, (struct sockaddr *)&address, sizeof address) != 0 || listen(server, 1024) != 0) {
    perror("upstream");
    return 1;
  }
  epoll_fd = epoll_create1(0);
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
  epoll_ctl(epoll_fd, EPOLL_CTL_ADD, server, &event);
  printf("ready\n");
  fflush(stdout);
  for (;;) {
    struct epoll_event events[256];
    int found = epoll_wait(epoll_fd, events, 256, -1);
    for (int at = 0; at < found; at += 1) {
      connection *c = events[at].data.ptr;
      if (c) {
        on_readable(c);
        continue;
      }
      int fd = accept4(server, NULL, NULL, SOCK_NONBLOCK);
      if (fd < 0) continue;
      setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
      connection *fresh = calloc(1, sizeof *fresh);
      fresh->fd = fd;
      struct epoll_event mine = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = fresh};
      epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &mine);
    }
  }
}
