/*
 * The servers of podd: HTTP, echo and DNS in one epoll loop, so that a pod costs a megabyte and starts in a millisecond.
 *
 * Two epolls are nested: the outer one holds the control socket and the inner one, the inner one holds the traffic. A "stalled"
 * server merely takes the inner epoll out, and so still obeys its control socket.
 */
#define _GNU_SOURCE
#include "podd.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { CONNECTIONS = 512, BUFFER = 16384, NAMES = 128, BACKLOG = 128, FILLERS = 2, FILE_MOST = 1 << 20 };
enum kind { FREE, LISTEN_HTTP, LISTEN_ECHO, LISTEN_DNS, UDP_ECHO, UDP_DNS, HTTP, ECHO, DNS };

struct endpoint {
  enum kind kind;
  int fd;
  int port;
  size_t used;            /* bytes in buffer that wait: input for HTTP and DNS until complete, then output */
  size_t sent;
  uint64_t fill;          /* further bytes of a /bytes/N body, made when there is room */
  bool answering;
  char *body;             /* a file's text, sent after the buffer; NULL for none */
  size_t body_left;       /* of its end */
  size_t body_length;
  bool keep;              /* the client asked for the connection to stay open after the answer */
  char buffer[BUFFER];
};

static struct service config;
static struct endpoint endpoints[CONNECTIONS];
static struct { char name[200]; uint32_t address; } names[NAMES];
static enum { USUAL, NXDOMAIN, SERVFAIL, TIMEOUT } dns_mode;
static int name_count, outer, inner, control_fd = -1, filler[4 * FILLERS], filler_count;

static void watch(int epoll, int operation, int fd, uint32_t events, void *data) {
  struct epoll_event event = {.events = events, .data.ptr = data};
  if (epoll_ctl(epoll, operation, fd, &event) < 0) die("epoll_ctl");
}

static struct endpoint *add_endpoint(enum kind kind, int fd, int port) {
  for (int i = 0; i < CONNECTIONS; i++) {
    struct endpoint *e = &endpoints[i];
    if (e->kind != FREE) continue;
    e->kind = kind, e->fd = fd, e->port = port, e->used = e->sent = 0, e->fill = 0, e->body = NULL, e->body_left = 0, e->answering = e->keep = false;
    watch(inner, EPOLL_CTL_ADD, fd, EPOLLIN, e);
    return e;
  }
  close(fd); /* full: the client sees a reset, which is what a full server looks like */
  return NULL;
}

static void drop_endpoint(struct endpoint *e) {
  close(e->fd);
  free(e->body);
  e->body = NULL;
  e->kind = FREE;
}

static void open_port(enum kind kind, int type, int port) {
  int fd = socket(AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1;
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  if (config.bind && inet_pton(AF_INET, config.bind, &address.sin_addr) != 1) die("not an address: %s", config.bind);
  if (fd < 0) die("socket");
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  setsockopt(fd, SOL_IP, IP_FREEBIND, &on, sizeof on);
  if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0) die("bind port %d", port);
  if (type == SOCK_STREAM && listen(fd, BACKLOG) < 0) die("listen port %d", port);
  add_endpoint(kind, fd, port);
}

static void open_tcp_ports(void) {
  if (config.http) open_port(LISTEN_HTTP, SOCK_STREAM, config.http);
  if (config.echo) open_port(LISTEN_ECHO, SOCK_STREAM, config.echo);
  if (config.dns) open_port(LISTEN_DNS, SOCK_STREAM, config.dns);
}

static bool is_listener(const struct endpoint *e) { return e->kind >= LISTEN_HTTP && e->kind <= LISTEN_DNS; }

/* DNS: A records of the names file; unknown names do not exist, servfail* fails. A fault may make that the answer to everything, or none. */

static void read_names(void) {
  FILE *file = fopen(config.names, "r");
  char name[200], address[64];
  if (!file) die("names file %s", config.names);
  while (name_count < NAMES && fscanf(file, "%199s %63s", name, address) == 2) {
    strcpy(names[name_count].name, name);
    if (inet_pton(AF_INET, address, &names[name_count].address) != 1) die("not an address in %s: %s", config.names, address);
    name_count++;
  }
  fclose(file);
}

/* Turns the query in place into its answer; returns the answer's length, 0 for what is no query. */
static size_t answer_dns(unsigned char *m, size_t length, size_t room) {
  char name[256] = "";
  size_t at = 12, n = 0;
  if (dns_mode == TIMEOUT || length < 17 || (m[2] & 0x80) || m[4] != 0 || m[5] != 1) return 0;
  while (at < length && m[at] != 0) {
    size_t label = m[at++];
    if (label > 63 || at + label >= length || n + label + 2 > sizeof name) return 0;
    if (n) name[n++] = '.';
    for (size_t i = 0; i < label; i++) name[n++] = (char)tolower(m[at++]);
  }
  if (at + 5 > length) return 0;
  name[n] = 0;
  unsigned type = (unsigned)m[at + 1] << 8 | m[at + 2];
  size_t end = at + 5;
  int found = -1;
  for (int i = 0; i < name_count; i++)
    if (!strcmp(names[i].name, name)) found = i;
  if (dns_mode == NXDOMAIN) found = -1;
  bool failing = dns_mode == SERVFAIL || !strncmp(name, "servfail", 8), answered = found >= 0 && type == 1 && !failing;
  m[2] = (unsigned char)(0x80 | (m[2] & 0x01)); /* response, recursion desired as asked */
  m[3] = (unsigned char)(0x80 | (failing ? 2 : found < 0 ? 3 : 0));
  memset(m + 6, 0, 6); /* the question stays, EDNS options of the query are left out */
  if (!answered) return end;
  if (end + 16 > room) return 0;
  m[7] = 1;
  static const unsigned char head[12] = {0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 30, 0, 4};
  memcpy(m + end, head, sizeof head);
  memcpy(m + end + sizeof head, &names[found].address, 4);
  return end + 16;
}

static void answer_datagrams(struct endpoint *e) {
  struct sockaddr_in peer;
  unsigned char message[65536];
  for (;;) {
    socklen_t size = sizeof peer;
    ssize_t got = recvfrom(e->fd, message, sizeof message, 0, (struct sockaddr *)&peer, &size);
    if (got < 0) return;
    size_t length = e->kind == UDP_DNS ? answer_dns(message, (size_t)got, sizeof message) : (size_t)got;
    if (length || e->kind == UDP_ECHO) sendto(e->fd, message, length, 0, (struct sockaddr *)&peer, size);
  }
}


/* Writes what waits; false when the connection is finished or broken. */
static bool flush(struct endpoint *e) {
  for (;;) {
    if (e->sent == e->used && e->body_left) {
      e->used = e->body_left < BUFFER ? e->body_left : BUFFER;
      memcpy(e->buffer, e->body + e->body_length - e->body_left, e->used);
      e->sent = 0, e->body_left -= e->used;
    }
    if (e->sent == e->used && e->fill) {
      e->used = e->fill < BUFFER ? (size_t)e->fill : BUFFER;
      e->sent = 0, e->fill -= e->used;
      memset(e->buffer, 'x', e->used);
    }
    if (e->sent == e->used) break;
    ssize_t put = send(e->fd, e->buffer + e->sent, e->used - e->sent, MSG_NOSIGNAL);
    if (put < 0 && errno != EAGAIN) return false;
    if (put < 0) {
      watch(inner, EPOLL_CTL_MOD, e->fd, EPOLLOUT, e);
      return true;
    }
    e->sent += (size_t)put;
  }
  if (e->kind == HTTP && !e->keep) return false;
  e->used = e->sent = 0, e->answering = false;
  watch(inner, EPOLL_CTL_MOD, e->fd, EPOLLIN, e);
  return true;
}

static const char *address_text(int fd, bool peer, char *text, size_t size) {
  struct sockaddr_in address = {0};
  socklen_t length = sizeof address;
  char ip[INET_ADDRSTRLEN];
  if (peer) getpeername(fd, (struct sockaddr *)&address, &length);
  else getsockname(fd, (struct sockaddr *)&address, &length);
  inet_ntop(AF_INET, &address.sin_addr, ip, sizeof ip);
  snprintf(text, size, "%s:%d", ip, ntohs(address.sin_port));
  return text;
}

/* A file below config.root, or 404. */
static void answer_file(struct endpoint *e, const char *path) {
  char name[1024];
  snprintf(name, sizeof name, "%s%s", config.root, path);
  FILE *file = strstr(path, "..") ? NULL : fopen(name, "re");
  free(e->body);
  e->body = malloc(FILE_MOST);
  e->body_length = file && e->body ? fread(e->body, 1, FILE_MOST, file) : 0;
  e->body_left = e->body_length;
  e->keep = false, e->fill = 0;
  e->used = (size_t)snprintf(e->buffer, BUFFER, "HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n",
                             e->body_length ? "200 OK" : "404 Not Found", e->body_length);
  e->sent = 0, e->answering = true;
  if (file) fclose(file);
}

/* GET /bytes/N answers N bytes, anything else who we are and whom we see. Closes, unless asked by name not to. */
static void answer_http(struct endpoint *e) {
  char path[128] = "/", peer[40], local[40], body[512];
  unsigned long long wanted = 0;
  sscanf(e->buffer, "%*15s %127s", path);
  if (config.root) {
    answer_file(e, path);
    return;
  }
  bool bytes = sscanf(path, "/bytes/%llu", &wanted) == 1;
  e->keep = strcasestr(e->buffer, "\r\nConnection: keep-alive\r\n") != NULL;
  int length = snprintf(body, sizeof body, "server=%s\npeer=%s\nlocal=%s\npath=%s\n", config.label,
                        address_text(e->fd, true, peer, sizeof peer), address_text(e->fd, false, local, sizeof local), path);
  e->fill = bytes ? wanted : 0;
  int head = snprintf(e->buffer, BUFFER, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %llu\r\nConnection: %s\r\n\r\n",
                      bytes ? wanted : (unsigned long long)length, e->keep ? "keep-alive" : "close");
  if (!bytes) memcpy(e->buffer + head, body, (size_t)length);
  e->used = (size_t)(bytes ? head : head + length), e->sent = 0, e->answering = true;
}

/* True when the input made an answer that waits to be written. */
static bool take_input(struct endpoint *e) {
  unsigned char *m = (unsigned char *)e->buffer;
  if (e->kind == ECHO) return true;
  if (e->kind == HTTP) {
    e->buffer[e->used] = 0;
    if (!strstr(e->buffer, "\r\n\r\n")) return false;
    answer_http(e);
    return true;
  }
  if (e->used < 2 || e->used < 2u + ((size_t)m[0] << 8 | m[1])) return false;
  size_t length = answer_dns(m + 2, e->used - 2, BUFFER - 2);
  m[0] = (unsigned char)(length >> 8), m[1] = (unsigned char)length;
  e->used = length ? length + 2 : 0;
  return length > 0;
}

static bool traffic(struct endpoint *e, uint32_t events) {
  if (events & EPOLLOUT) return flush(e);
  if (e->used >= BUFFER - 1) return false; /* a request that does not fit is refused */
  ssize_t got = recv(e->fd, e->buffer + e->used, BUFFER - 1 - e->used, 0);
  if (got < 0) return errno == EAGAIN;
  if (got == 0) return false;
  e->used += (size_t)got;
  return take_input(e) ? flush(e) : true;
}

static void accept_all(struct endpoint *listener) {
  enum kind kind = listener->kind == LISTEN_HTTP ? HTTP : listener->kind == LISTEN_ECHO ? ECHO : DNS;
  for (int fd; (fd = accept4(listener->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0;) add_endpoint(kind, fd, 0);
}

static void work(void) {
  struct epoll_event events[64];
  int n = epoll_wait(inner, events, 64, 0);
  for (int i = 0; i < n; i++) {
    struct endpoint *e = events[i].data.ptr;
    if (e->kind == FREE) continue;
    if (is_listener(e)) accept_all(e);
    else if (e->kind == UDP_ECHO || e->kind == UDP_DNS) answer_datagrams(e);
    else if (!traffic(e, events[i].events)) drop_endpoint(e);
  }
}


static void close_tcp_ports(void) {
  for (int i = 0; i < CONNECTIONS; i++)
    if (is_listener(&endpoints[i])) drop_endpoint(&endpoints[i]);
}

/* A busy application: it accepts no more and its accept queue is full, so the kernel drops SYNs (TcpExtListenOverflows). */
static void stall(void) {
  for (int i = 0; i < CONNECTIONS; i++) {
    if (!is_listener(&endpoints[i])) continue;
    struct sockaddr_in self = {.sin_family = AF_INET, .sin_port = htons((uint16_t)endpoints[i].port)};
    self.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    listen(endpoints[i].fd, FILLERS - 1); /* the queue holds backlog + 1 */
    for (int k = 0; k < FILLERS && filler_count < (int)(sizeof filler / sizeof *filler); k++) {
      int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
      if (connect(fd, (struct sockaddr *)&self, sizeof self) == 0) filler[filler_count++] = fd;
      else close(fd);
    }
  }
  epoll_ctl(outer, EPOLL_CTL_DEL, inner, NULL);
}

static void resume(void) {
  while (filler_count > 0) close(filler[--filler_count]);
  for (int i = 0; i < CONNECTIONS; i++)
    if (is_listener(&endpoints[i])) listen(endpoints[i].fd, BACKLOG);
  watch(outer, EPOLL_CTL_ADD, inner, EPOLLIN, &inner);
}

/* Receive buffers of the UDP ports: as small as the kernel has them, or as they were. */
static void udp_buffers(bool small) {
  static int usual;
  for (int i = 0; i < CONNECTIONS; i++) {
    struct endpoint *e = &endpoints[i];
    if (e->kind != UDP_ECHO && e->kind != UDP_DNS) continue;
    int size = small ? 1 : usual / 2; /* the kernel doubles what it is told, and has a minimum */
    socklen_t length = sizeof usual;
    if (!usual) getsockopt(e->fd, SOL_SOCKET, SO_RCVBUF, &usual, &length);
    setsockopt(e->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
  }
}

/* True when COMMAND says how DNS answers from now on. */
static bool set_dns(const char *command) {
  static const char *const modes[] = {[USUAL] = "dns-usual", [NXDOMAIN] = "dns-nxdomain", [SERVFAIL] = "dns-servfail", [TIMEOUT] = "dns-timeout"};
  for (unsigned i = 0; i < 4 && config.dns; i++) {
    if (strcmp(command, modes[i])) continue;
    dns_mode = i;
    return true;
  }
  return false;
}

static void obey(void) {
  static bool closed, stalled;
  char command[32] = "";
  int fd = accept4(control_fd, NULL, NULL, SOCK_CLOEXEC);
  if (fd < 0) return;
  if (read(fd, command, sizeof command - 1) > 0) {
    const char *reply = "ok\n";
    if (!strcmp(command, "close-port")) { if (!closed) close_tcp_ports(), closed = true; }
    else if (!strcmp(command, "open-port")) { if (closed) open_tcp_ports(), closed = false; }
    else if (!strcmp(command, "stall")) { if (!stalled) stall(), stalled = true; }
    else if (!strcmp(command, "resume")) { if (stalled) resume(), stalled = false; }
    else if (!strcmp(command, "small-buffers")) udp_buffers(true);
    else if (!strcmp(command, "usual-buffers")) udp_buffers(false);
    else if (!set_dns(command)) reply = "unknown command, or no such server\n";
    if (write(fd, reply, strlen(reply)) < 0) perror("podd: control");
  }
  close(fd);
}

static int unix_socket(const char *path, struct sockaddr_un *address) {
  *address = (struct sockaddr_un){.sun_family = AF_UNIX};
  if (strlen(path) >= sizeof address->sun_path) die("socket path too long: %s", path);
  strcpy(address->sun_path, path);
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) die("socket");
  return fd;
}

int control_command(const char *socket_path, const char *command) {
  struct sockaddr_un address;
  char reply[64] = "";
  struct timeval patience = {.tv_sec = 5}; /* a stopped process does not answer */
  int fd = unix_socket(socket_path, &address);
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0) die("%s", socket_path);
  if (write(fd, command, strlen(command)) < 0 || read(fd, reply, sizeof reply - 1) <= 0) die("%s: no reply", socket_path);
  if (strcmp(reply, "ok\n")) errno = 0, die("%s: %s", command, reply);
  return 0;
}

int udp_call(const char *address, int port, const char *text) {
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  struct timeval patience = {.tv_sec = 2};
  char answer[65536];
  int fd = socket(AF_INET, SOCK_DGRAM, 0);
  if (inet_pton(AF_INET, address, &to.sin_addr) != 1) die("not an address: %s", address);
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  if (connect(fd, (struct sockaddr *)&to, sizeof to) < 0 || send(fd, text, strlen(text), 0) < 0) die("%s:%d", address, port);
  ssize_t got = recv(fd, answer, sizeof answer, 0);
  if (got < 0) die("%s:%d", address, port);
  printf("%.*s\n", (int)got, answer);
  return 0;
}

void serve_open(const struct service *service) {
  config = *service;
  outer = epoll_create1(EPOLL_CLOEXEC), inner = epoll_create1(EPOLL_CLOEXEC);
  if (config.names) read_names();
  open_tcp_ports();
  if (config.echo) open_port(UDP_ECHO, SOCK_DGRAM, config.echo);
  if (config.dns) open_port(UDP_DNS, SOCK_DGRAM, config.dns);
  watch(outer, EPOLL_CTL_ADD, inner, EPOLLIN, &inner);
  if (!config.control) return;
  struct sockaddr_un address;
  control_fd = unix_socket(config.control, &address);
  unlink(config.control);
  if (bind(control_fd, (struct sockaddr *)&address, sizeof address) < 0 || listen(control_fd, 4) < 0) die("%s", config.control);
  watch(outer, EPOLL_CTL_ADD, control_fd, EPOLLIN, &control_fd);
}

noreturn void serve(void) {
  for (;;) {
    struct epoll_event events[2];
    int n = epoll_wait(outer, events, 2, -1);
    for (int i = 0; i < n; i++) {
      if (events[i].data.ptr == &control_fd) obey();
      else work();
    }
  }
}
