/*
 * Traffic between pods for the node benchmark, from one process: its sockets are made in the pods' network namespaces.
 *
 *   load sink PORT NETNS…                      receives UDP and TCP on PORT in every namespace until SIGTERM
 *   load send [options] TO:PORT[,TO:PORT…] NETNS…   sends from every namespace, paced; prints one line of JSON
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { TARGETS = 64, TICKS = 1000, EVENTS = 256, LARGEST = 8192, SINK_BUFFER = 16 << 20 };

static struct {
  uint32_t rate, seconds, udp_flows, tcp_flows, tcp_percent, size, connection_writes;
} options = {.rate = 1000, .seconds = 10, .udp_flows = 4, .tcp_flows = 2, .tcp_percent = 10, .size = 64, .connection_writes = 200};

struct flow {
  int netns, fd;
  struct sockaddr_in to;
  uint32_t written;
};

static char payload[LARGEST];
static struct sockaddr_in targets[TARGETS];
static int target_count;
static volatile sig_atomic_t stopped;

static void on_signal(int signal) { stopped = signal; }

static int open_netns(const char *path) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) err(1, "%s", path);
  return fd;
}

static int socket_in(int netns, int type) {
  if (setns(netns, CLONE_NEWNET)) err(1, "setns");
  int fd = socket(AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) err(1, "socket");
  return fd;
}

static void open_udp(struct flow *flow) {
  flow->fd = socket_in(flow->netns, SOCK_DGRAM);
  if (connect(flow->fd, (struct sockaddr *)&flow->to, sizeof flow->to)) err(1, "connect");
}

/* The handshake ends later; what is sent before that counts as skipped. */
static void open_tcp(struct flow *flow) {
  int on = 1;
  flow->fd = socket_in(flow->netns, SOCK_STREAM);
  flow->written = 0;
  setsockopt(flow->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (connect(flow->fd, (struct sockaddr *)&flow->to, sizeof flow->to) && errno != EINPROGRESS) err(1, "connect");
}

static uint64_t sent, skipped, connections;

static void send_one(struct flow *flow, bool tcp) {
  if (send(flow->fd, payload, options.size, MSG_NOSIGNAL) > 0) sent++;
  else skipped++;
  if (!tcp || ++flow->written < options.connection_writes) return;
  close(flow->fd);
  open_tcp(flow);
  connections++;
}

static struct flow *make_flows(int netns_count, const int *netns, uint32_t per_netns, bool tcp) {
  struct flow *flows = calloc((size_t)netns_count * per_netns + 1, sizeof *flows);
  if (!flows) err(1, "flows");
  for (uint32_t i = 0; i < (uint32_t)netns_count * per_netns; i++) {
    flows[i].netns = netns[i % (uint32_t)netns_count];
    flows[i].to = targets[i % (uint32_t)target_count];
    if (tcp) open_tcp(&flows[i]);
    else open_udp(&flows[i]);
  }
  return flows;
}

static void wait_until(struct timespec *due) {
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, due, NULL) == EINTR && !stopped) continue;
}

static void send_paced(int netns_count, const int *netns) {
  struct flow *udp = make_flows(netns_count, netns, options.udp_flows, false);
  struct flow *tcp = make_flows(netns_count, netns, options.tcp_flows, true);
  uint32_t udp_count = (uint32_t)netns_count * options.udp_flows, tcp_count = (uint32_t)netns_count * options.tcp_flows;
  uint64_t number = 0, udp_number = 0, tcp_number = 0, share = 0;
  struct timespec due;
  clock_gettime(CLOCK_MONOTONIC, &due);
  for (uint64_t tick = 1; tick <= (uint64_t)options.seconds * TICKS && !stopped; tick++) {
    for (; number < tick * options.rate / TICKS; number++) {
      share += options.tcp_percent;
      if (share >= 100 && tcp_count) send_one(&tcp[tcp_number++ % tcp_count], true);
      else if (udp_count) send_one(&udp[udp_number++ % udp_count], false);
      share %= 100;
    }
    due.tv_nsec += 1000000000 / TICKS;
    if (due.tv_nsec >= 1000000000) due.tv_nsec -= 1000000000, due.tv_sec++;
    wait_until(&due);
  }
  struct timespec end;
  clock_gettime(CLOCK_MONOTONIC, &end);
  double late = (double)(end.tv_sec - due.tv_sec) + (double)(end.tv_nsec - due.tv_nsec) / 1e9;
  printf("{\"sent\":%llu,\"skipped\":%llu,\"tcpConnections\":%llu,\"lateSeconds\":%.3f}\n", (unsigned long long)sent,
         (unsigned long long)skipped, (unsigned long long)(connections + tcp_count), late);
}

static void watch(int epoll, int fd, bool listener) {
  struct epoll_event event = {.events = EPOLLIN, .data.u64 = (uint64_t)fd << 1 | listener};
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event)) err(1, "epoll_ctl");
}

static void listen_in(int epoll, int netns, uint16_t port) {
  struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(port)};
  int size = SINK_BUFFER, udp = socket_in(netns, SOCK_DGRAM), tcp = socket_in(netns, SOCK_STREAM);
  setsockopt(udp, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size);
  if (bind(udp, (struct sockaddr *)&here, sizeof here) || bind(tcp, (struct sockaddr *)&here, sizeof here) ||
      listen(tcp, 4096))
    err(1, "port %u", port);
  watch(epoll, udp, false);
  watch(epoll, tcp, true);
}

static void receive(int epoll, int fd, bool listener) {
  char buffer[65536];
  if (listener) {
    int peer;
    while ((peer = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) watch(epoll, peer, false);
    return;
  }
  ssize_t got;
  for (int reads = 0; reads < 64; reads++)
    if ((got = recv(fd, buffer, sizeof buffer, 0)) <= 0) break;
  if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) close(fd);
}

static void sink(int netns_count, const int *netns, uint16_t port) {
  int epoll = epoll_create1(EPOLL_CLOEXEC);
  for (int i = 0; i < netns_count; i++) listen_in(epoll, netns[i], port);
  puts("ready");
  fflush(stdout);
  while (!stopped) {
    struct epoll_event events[EVENTS];
    int count = epoll_wait(epoll, events, EVENTS, -1);
    for (int i = 0; i < count; i++) receive(epoll, (int)(events[i].data.u64 >> 1), events[i].data.u64 & 1);
  }
}

static uint32_t number_of(const char *text, uint32_t least, uint32_t most) {
  char *end;
  errno = 0;
  unsigned long value = strtoul(text, &end, 10);
  if (errno || end == text || *end || value < least || value > most)
    errx(2, "'%s' is not a number from %u to %u", text, least, most);
  return (uint32_t)value;
}

static void parse_targets(char *list) {
  for (char *save, *one = strtok_r(list, ",", &save); one; one = strtok_r(NULL, ",", &save)) {
    char *colon = strchr(one, ':');
    if (!colon || target_count == TARGETS) errx(2, "not ADDRESS:PORT, or more than %d: %s", TARGETS, one);
    *colon = 0;
    struct sockaddr_in *to = &targets[target_count++];
    to->sin_family = AF_INET;
    to->sin_port = htons((uint16_t)number_of(colon + 1, 1, 65535));
    if (inet_pton(AF_INET, one, &to->sin_addr) != 1) errx(2, "not an address: %s", one);
  }
}

static void usage(void) {
  fputs("load sink PORT NETNS…\n"
        "load send [-r WRITES_PER_SECOND] [-t SECONDS] [-u UDP_FLOWS_PER_NETNS] [-c TCP_FLOWS_PER_NETNS] [-p TCP_PERCENT]\n"
        "          [-l BYTES] [-w WRITES_PER_CONNECTION] TO:PORT[,TO:PORT…] NETNS…\n",
        stderr);
  exit(2);
}

static void parse_options(int argc, char **argv) {
  int option;
  while ((option = getopt(argc, argv, "r:t:u:c:p:l:w:")) != -1) {
    if (option == 'r') options.rate = number_of(optarg, 1, 10000000);
    else if (option == 't') options.seconds = number_of(optarg, 1, 86400);
    else if (option == 'u') options.udp_flows = number_of(optarg, 0, 1000);
    else if (option == 'c') options.tcp_flows = number_of(optarg, 0, 1000);
    else if (option == 'p') options.tcp_percent = number_of(optarg, 0, 100);
    else if (option == 'l') options.size = number_of(optarg, 1, LARGEST);
    else if (option == 'w') options.connection_writes = number_of(optarg, 1, 1000000000);
    else usage();
  }
}

int main(int argc, char **argv) {
  if (argc < 2) usage();
  bool sending = !strcmp(argv[1], "send");
  if (!sending && strcmp(argv[1], "sink")) usage();
  argc--, argv++;
  parse_options(argc, argv);
  if (argc - optind < 2) usage();
  struct rlimit files;
  if (getrlimit(RLIMIT_NOFILE, &files)) err(1, "getrlimit");
  files.rlim_cur = files.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &files)) err(1, "setrlimit");
  struct sigaction action = {.sa_handler = on_signal};
  sigaction(SIGTERM, &action, NULL);
  sigaction(SIGINT, &action, NULL);
  int netns_count = argc - optind - 1, *netns = calloc((size_t)netns_count, sizeof *netns);
  if (!netns) err(1, "namespaces");
  for (int i = 0; i < netns_count; i++) netns[i] = open_netns(argv[optind + 1 + i]);
  if (sending) {
    parse_targets(argv[optind]);
    send_paced(netns_count, netns);
  } else {
    sink(netns_count, netns, (uint16_t)number_of(argv[optind], 1, 65535));
  }
  return 0;
}
