/*
 * podd: every long-running process of the lab, and the few things bash cannot do.
 *
 *   podd lab LAB DIR PARENT BUILDER…       the lab's own namespaces: runs BUILDER inside them, stays as their init; bound to PARENT until it is built
 *   podd node LAB NODE DIR                 one node: its namespaces, mounts and init; prints the init's pid
 *   podd inet LAB                          the internet host in its own netns; prints its pid
 *   podd dns LAB ADDRESS NAMES             the VPC's resolver
 *   podd pod LAB NODE POD NETNS CONTROL RESOLV [NAMES]   one pod, in namespaces of its own; answers DNS when it has NAMES
 *   podd relay LAB INIT LISTEN TARGET      TCP relay: listens inside INIT's netns, connects from the caller's
 *   podd enter PID NAMESPACES CMD…         runs CMD in PID's namespaces (letters n m p u i); CMD dies with podd enter
 *   podd ps [LAB]                          the lab's processes: pid and arguments, one per line
 *   podd offload-off DEVICE…               checksum and segmentation offload off, as the wire between EC2 hosts shows packets
 *   podd control SOCKET COMMAND            close-port, open-port, stall, resume, small-buffers, usual-buffers, dns-nxdomain, dns-servfail, dns-timeout, dns-usual
 *   podd introspect LAB NODE DIRECTORY     ipamd's introspection: DIRECTORY/v1/enis at 127.0.0.1:61679
 *   podd delay LAB MS · hold LAB NODE ADDRESS PORT COUNT · fill LAB NODE SOURCE · empty · flood ADDRESS PORT COUNT     see podd.h
 *   podd udp ADDRESS PORT TEXT             one datagram and its answer
 *   podd http ADDRESS PORT                 an HTTP server in the foreground, for the self test
 *
 * How nothing outlives the lab: all of it lives in one pid namespace, and the kernel kills that namespace when its init dies. The init
 * dies when anybody kills it, or when `lab up` goes away before the lab was complete (their pipe hangs up).
 */
#define _GNU_SOURCE
#include "podd.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { RELAY_CONNECTIONS = 256, RELAY_BUFFER = 65536 };

noreturn void die(const char *format, ...) {
  int error = errno;
  va_list arguments;
  va_start(arguments, format);
  fputs("podd: ", stderr);
  vfprintf(stderr, format, arguments);
  if (error) fprintf(stderr, ": %s", strerror(error));
  fputc('\n', stderr);
  exit(1);
}

/* fork() into new namespaces. Not unshare(): that would leave the caller itself half inside. */
static pid_t fork_into(unsigned long namespaces) {
  pid_t pid = (pid_t)syscall(SYS_clone, namespaces | SIGCHLD, 0, 0, 0, 0);
  if (pid < 0) die("clone (needs root with CAP_SYS_ADMIN)");
  return pid;
}

static void mount_or_die(const char *source, const char *target, const char *type, unsigned long flags, const char *options) {
  if (mount(source, target, type, flags, options) < 0) die("mount %s on %s", source, target);
}

static void directory(const char *path) {
  if (mkdir(path, 0755) < 0 && errno != EEXIST) die("mkdir %s", path);
}

static void loopback_up(void) {
  struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &request) < 0) die("lo up");
  close(fd);
}

/* Detaches from the caller's terminal and pipes, so that nobody waits for a reader that a long-lived process holds open. */
static void detach_stdio(const char *log) {
  int null = open("/dev/null", O_RDWR | O_CLOEXEC), out = log ? open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644) : null;
  if (null < 0 || out < 0) die("open %s", log ? log : "/dev/null");
  dup2(null, 0), dup2(out, 1), dup2(out, 2);
}

/* A /proc and /sys that show these namespaces; the cgroup trees stay reachable for programs that size themselves by them. */
static void fresh_proc_and_sys(const char *stage) {
  char cgroup[PATH_MAX];
  snprintf(cgroup, sizeof cgroup, "%s/cgroup", stage);
  directory(cgroup);
  bool kept = mount("/sys/fs/cgroup", cgroup, NULL, MS_BIND | MS_REC, NULL) == 0;
  mount_or_die("proc", "/proc", "proc", 0, NULL);
  mount_or_die("sysfs", "/sys", "sysfs", 0, NULL);
  if (kept) mount_or_die(cgroup, "/sys/fs/cgroup", NULL, MS_MOVE, NULL);
}

static void private_mounts(const char *stage) {
  mount_or_die("none", "/", NULL, MS_REC | MS_PRIVATE, NULL);
  mount_or_die("podhop-stage", stage, "tmpfs", 0, "mode=755");
}

static int signals(int first, int second) {
  sigset_t set;
  sigemptyset(&set), sigaddset(&set, first), sigaddset(&set, second);
  sigprocmask(SIG_BLOCK, &set, NULL);
  return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* Reaps; returns the exit status of CHILD when it was among the dead, else -1. */
static int reap(pid_t child) {
  int status, result = -1;
  for (pid_t dead; (dead = waitpid(-1, &status, WNOHANG)) > 0;)
    if (dead == child) result = status;
  return result;
}

/* One byte tells the parent that its child is ready; end of file that it died. */
static void tell_ready(int fd) {
  if (write(fd, "R", 1) != 1) die("the starter went away");
  close(fd);
}

static bool await_ready(int fd) {
  char byte;
  ssize_t got;
  while ((got = read(fd, &byte, 1)) < 0 && errno == EINTR) {}
  return got == 1;
}

/* Our pid and start time as the machine's /proc has them, for `lab down` to wait for: a dying init has no readable cmdline any more. */
static void record_self(const char *dir) {
  char path[PATH_MAX], text[1024];
  int pid, in = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
  ssize_t length = read(in, text, sizeof text - 1);
  if (length <= 0 || sscanf(text, "%d", &pid) != 1) die("/proc/self/stat");
  text[length] = 0;
  char *field = strrchr(text, ')'); /* of field 2; the start time is field 22 */
  for (int i = 2; i < 22 && field; i++) field = strchr(field + 1, ' ');
  snprintf(path, sizeof path, "%s/init", dir);
  FILE *out = fopen(path, "we");
  if (!field || !out) die("%s", path);
  fprintf(out, "%d %llu\n", pid, strtoull(field, NULL, 10));
  fclose(out), close(in);
}

static noreturn void run_lab_init(const char *lab, const char *dir, int alive, int ready, char **builder) {
  char stage[PATH_MAX], log[PATH_MAX];
  setsid();
  fcntl(alive, F_SETFD, FD_CLOEXEC), fcntl(ready, F_SETFD, FD_CLOEXEC);
  snprintf(stage, sizeof stage, "%s/stage", dir), snprintf(log, sizeof log, "%s/lab.log", dir);
  record_self(dir);
  detach_stdio(log);
  private_mounts(stage);
  fresh_proc_and_sys(stage);
  sethostname(lab, strlen(lab));
  loopback_up();
  int signal_fd = signals(SIGCHLD, SIGTERM);
  pid_t child = fork();
  if (child == 0) {
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execvp(builder[0], builder);
    die("exec %s", builder[0]);
  }
  for (;;) {
    struct pollfd wait[2] = {{.fd = signal_fd, .events = POLLIN}, {.fd = alive, .events = POLLIN}};
    struct signalfd_siginfo info;
    if (poll(wait, 2, -1) < 0 && errno != EINTR) die("poll");
    if (wait[1].revents) exit(1);
    while (read(signal_fd, &info, sizeof info) == sizeof info)
      if (info.ssi_signo == SIGTERM) exit(0);
    int status = reap(child);
    if (status < 0) continue;
    if (status != 0) exit(1);
    /* Before our starter is let go, so that there is no moment when nobody would end a lab that is not complete. */
    snprintf(stage, sizeof stage, "%s/complete", dir);
    close(open(stage, O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
    tell_ready(ready);
    close(alive), alive = -1;
  }
}

static int start_lab(const char *lab, const char *dir, const char *parent, char **builder) {
  int alive[2], ready[2];
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != atoi(parent)) return 1;
  if (pipe2(alive, O_CLOEXEC) < 0 || pipe2(ready, O_CLOEXEC) < 0) die("pipe");
  pid_t child = fork_into(CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS);
  if (child == 0) {
    char text[2][16], *arguments[64] = {"podd", "lab-init", (char *)lab, (char *)dir, text[0], text[1]};
    close(alive[1]), close(ready[0]);
    fcntl(alive[0], F_SETFD, 0), fcntl(ready[1], F_SETFD, 0);
    snprintf(text[0], sizeof text[0], "%d", alive[0]), snprintf(text[1], sizeof text[1], "%d", ready[1]);
    for (int i = 0; builder[i] && i < 50; i++) arguments[6 + i] = builder[i];
    execv("/proc/self/exe", arguments);
    die("exec");
  }
  close(alive[0]), close(ready[1]);
  if (await_ready(ready[0])) return 0;
  waitpid(child, NULL, 0);
  return 1;
}

/* The host's files, with this node's own /run, /var/log and /etc/cni in their real places. */
static void node_mounts(const char *dir) {
  char stage[PATH_MAX], path[2 * PATH_MAX], options[4 * PATH_MAX];
  snprintf(stage, sizeof stage, "%s/stage", dir);
  private_mounts(stage);
  fresh_proc_and_sys(stage);
  static const char *const parts[] = {"run", "etc-changes", "etc-work"};
  for (int i = 0; i < 3; i++) snprintf(path, sizeof path, "%s/%s", stage, parts[i]), directory(path);
  snprintf(options, sizeof options, "lowerdir=%s/etc:/etc,upperdir=%s/etc-changes,workdir=%s/etc-work", dir, stage, stage);
  mount_or_die("podhop-etc", "/etc", "overlay", 0, options);
  snprintf(path, sizeof path, "%s/log", dir);
  mount_or_die(path, "/var/log", NULL, MS_BIND, NULL);
  char run[PATH_MAX + 8], source[PATH_MAX + 16];
  snprintf(run, sizeof run, "%s/run", stage);
  mount_or_die("podhop-run", run, "tmpfs", 0, "mode=755");
  static const char *const inside[] = {"netns", "aws-node", "podhop-lab", "lock"};
  for (int i = 0; i < 4; i++) snprintf(path, sizeof path, "%s/%s", run, inside[i]), directory(path);
  snprintf(path, sizeof path, "%s/podhop-lab", run);
  mount_or_die("/run/podhop-lab", path, NULL, MS_BIND, NULL);
  snprintf(path, sizeof path, "%s/aws-node", run), snprintf(source, sizeof source, "%s/aws-node", dir);
  mount_or_die(source, path, NULL, MS_BIND, NULL);
  snprintf(path, sizeof path, "%s/netns", run);
  mount_or_die("podhop-netns", path, "tmpfs", 0, "mode=755");
  mount_or_die(run, "/run", NULL, MS_MOVE, NULL);
}

static int start_node(const char *name, const char *dir) {
  int ready[2];
  if (pipe2(ready, O_CLOEXEC) < 0) die("pipe");
  pid_t child = fork_into(CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS);
  if (child > 0) {
    close(ready[1]);
    if (!await_ready(ready[0])) return 1;
    printf("%d\n", child);
    return 0;
  }
  setsid();
  node_mounts(dir);
  sethostname(name, strlen(name));
  loopback_up();
  detach_stdio(NULL);
  int signal_fd = signals(SIGCHLD, SIGTERM);
  tell_ready(ready[1]);
  for (;;) {
    struct pollfd wait = {.fd = signal_fd, .events = POLLIN};
    struct signalfd_siginfo info;
    if (poll(&wait, 1, -1) < 0 && errno != EINTR) exit(1);
    while (read(signal_fd, &info, sizeof info) == sizeof info)
      if (info.ssi_signo == SIGTERM) exit(0);
    reap(0);
  }
}

int background(void (*prepare)(void *), void (*run)(void *), void *argument) {
  int ready[2];
  if (pipe2(ready, O_CLOEXEC) < 0) die("pipe");
  pid_t child = fork();
  if (child < 0) die("fork");
  if (child > 0) {
    close(ready[1]);
    if (!await_ready(ready[0])) exit(1);
    return child;
  }
  setsid();
  prepare(argument);
  detach_stdio(NULL);
  tell_ready(ready[1]);
  run(argument);
  exit(0);
}

struct server { void (*prepare)(void *); void *argument; struct service *service; };

static void open_server(void *argument) {
  struct server *server = argument;
  server->prepare(server->argument);
  serve_open(server->service);
}

static void run_server(void *unused) {
  (void)unused;
  serve();
}

static int start_server(void (*prepare)(void *), void *argument, struct service *service) {
  struct server server = {.prepare = prepare, .argument = argument, .service = service};
  return background(open_server, run_server, &server);
}

static void prepare_inet(void *unused) {
  (void)unused;
  if (unshare(CLONE_NEWNET | CLONE_NEWUTS) < 0) die("unshare");
  sethostname("inet", 4);
  loopback_up();
}

static void prepare_nothing(void *unused) { (void)unused; }

struct pod { const char *name, *netns, *resolv; };

static void prepare_pod(void *argument) {
  const struct pod *pod = argument;
  const char *slash = strchr(pod->name, '/'), *host = slash ? slash + 1 : pod->name;
  if (unshare(CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWIPC) < 0) die("unshare");
  int fd = open(pod->netns, O_CREAT | O_RDONLY | O_CLOEXEC, 0444);
  if (fd < 0) die("%s", pod->netns);
  close(fd);
  mount_or_die("/proc/self/ns/net", pod->netns, NULL, MS_BIND, NULL);
  if (unshare(CLONE_NEWNS) < 0) die("unshare");
  mount_or_die("none", "/", NULL, MS_REC | MS_PRIVATE, NULL);
  /* Our copy of the other pods' netns mounts would keep their namespaces alive after they are deleted. */
  umount2("/run/netns", MNT_DETACH);
  mount_or_die("sysfs", "/sys", "sysfs", 0, NULL);
  mount_or_die(pod->resolv, "/etc/resolv.conf", NULL, MS_BIND, NULL);
  sethostname(host, strlen(host));
  loopback_up();
}

static int start_pod(char **a, const char *names) {
  char label[512];
  struct pod pod = {.name = a[2], .netns = a[3], .resolv = a[5]};
  snprintf(label, sizeof label, "%s on %s", a[2], a[1]);
  struct service service = {.label = label, .control = a[4], .names = names, .http = 8080, .echo = 7, .dns = names ? 53 : 0};
  printf("%d\n", start_server(prepare_pod, &pod, &service));
  return 0;
}

/* podd enter */

static pid_t entered;

/* The terminal sends its signals to both of us; only what was sent to us alone has to be passed on. */
static void pass_on(int number, siginfo_t *info, void *context) {
  (void)context;
  if (info->si_code <= 0) kill(entered, number);
}

static int wait_as(pid_t child) {
  int status;
  while (waitpid(child, &status, 0) < 0)
    if (errno != EINTR) die("waitpid");
  if (WIFSIGNALED(status)) return 128 + WTERMSIG(status);
  return WEXITSTATUS(status);
}

static int enter(const char *pid, const char *letters, char **command) {
  static const struct { char letter; const char *file; int type; } kinds[] = {
      {'i', "ipc", CLONE_NEWIPC}, {'u', "uts", CLONE_NEWUTS}, {'n', "net", CLONE_NEWNET}, {'p', "pid", CLONE_NEWPID}, {'m', "mnt", CLONE_NEWNS}};
  int fds[5], alive[2];
  char path[64], directory[PATH_MAX];
  bool known = getcwd(directory, sizeof directory) != NULL;
  for (int i = 0; i < 5; i++) {
    fds[i] = -1;
    if (!strchr(letters, kinds[i].letter)) continue;
    snprintf(path, sizeof path, "/proc/%s/ns/%s", pid, kinds[i].file);
    if ((fds[i] = open(path, O_RDONLY | O_CLOEXEC)) < 0) die("%s (the lab or the pod is gone)", path);
  }
  for (int i = 0; i < 5; i++)
    if (fds[i] >= 0 && setns(fds[i], kinds[i].type) < 0) die("setns %s", kinds[i].file);
  if (pipe2(alive, O_CLOEXEC) < 0) die("pipe");
  entered = fork();
  if (entered < 0) die("fork (the lab is gone)");
  if (entered == 0) {
    char byte;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    close(alive[1]);
    if (read(alive[0], &byte, 1) != 1) exit(1); /* the parent died before the death signal was armed */
    if (!known || chdir(directory) < 0) (void)!chdir("/");
    execvp(command[0], command);
    int missing = errno == ENOENT;
    fprintf(stderr, "podd: %s: %s\n", command[0], strerror(errno));
    exit(missing ? 127 : 126);
  }
  struct sigaction action = {.sa_sigaction = pass_on, .sa_flags = SA_SIGINFO | SA_RESTART};
  static const int passed[] = {SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2};
  for (int i = 0; i < 6; i++) sigaction(passed[i], &action, NULL);
  (void)!write(alive[1], "g", 1);
  return wait_as(entered);
}

/* podd relay */

static struct sockaddr_in parse_address(const char *text) {
  struct sockaddr_in address = {.sin_family = AF_INET};
  char ip[64];
  int port;
  if (sscanf(text, "%63[^:]:%d", ip, &port) != 2 || port < 1 || port > 65535 || inet_pton(AF_INET, ip, &address.sin_addr) != 1)
    errno = 0, die("not an IPv4 ADDRESS:PORT: %s", text);
  address.sin_port = htons((uint16_t)port);
  return address;
}

static bool write_all(int fd, const char *data, ssize_t length) {
  while (length > 0) {
    ssize_t put = send(fd, data, (size_t)length, MSG_NOSIGNAL);
    if (put <= 0) return false;
    data += put, length -= put;
  }
  return true;
}

/* Copies one direction until its end, which is passed on as a half close. */
static void pump(int from, int to) {
  static char buffer[RELAY_BUFFER];
  for (ssize_t got; (got = recv(from, buffer, sizeof buffer, 0)) > 0;)
    if (!write_all(to, buffer, got)) break;
  shutdown(to, SHUT_WR);
  shutdown(from, SHUT_RD);
}

static noreturn void relay_connection(int client, const struct sockaddr_in *target) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (server < 0 || connect(server, (const struct sockaddr *)target, sizeof *target) < 0) exit(1);
  int on = 1; /* the relay must not add Nagle's delay to the programs it joins */
  setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on), setsockopt(server, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  pid_t back = fork();
  if (back == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    pump(server, client);
    exit(0);
  }
  pump(client, server);
  waitpid(back, NULL, 0);
  exit(0);
}

static int open_in_netns(int init, const struct sockaddr_in *listen_at) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/ns/net", init);
  int here = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), there = open(path, O_RDONLY | O_CLOEXEC), on = 1;
  if (here < 0 || there < 0 || setns(there, CLONE_NEWNET) < 0) die("%s", path);
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(fd, (const struct sockaddr *)listen_at, sizeof *listen_at) < 0 || listen(fd, 64) < 0) die("listen in the VPC");
  if (setns(here, CLONE_NEWNET) < 0) die("setns back");
  close(here), close(there);
  return fd;
}

static int relay(int init, const char *listen_text, const char *target_text) {
  struct sockaddr_in listen_at = parse_address(listen_text), target = parse_address(target_text);
  int lab = (int)syscall(SYS_pidfd_open, init, 0), listener = open_in_netns(init, &listen_at), running = 0;
  if (lab < 0) die("pidfd_open %d", init);
  pid_t child = fork();
  if (child != 0) return child < 0;
  setsid();
  detach_stdio(NULL);
  int signal_fd = signals(SIGCHLD, SIGTERM);
  for (;;) {
    struct pollfd wait[3] = {{.fd = lab, .events = POLLIN}, {.fd = signal_fd, .events = POLLIN}, {.fd = listener, .events = POLLIN}};
    struct signalfd_siginfo info;
    if (running >= RELAY_CONNECTIONS) wait[2].fd = -1; /* further clients wait in the accept queue */
    if (poll(wait, 3, -1) < 0 && errno != EINTR) kill(0, SIGKILL);
    if (wait[0].revents) kill(0, SIGKILL); /* the lab is gone: so are we and our connections */
    while (read(signal_fd, &info, sizeof info) == sizeof info)
      if (info.ssi_signo == SIGTERM) kill(0, SIGKILL);
    while (waitpid(-1, NULL, WNOHANG) > 0) running--;
    if (!(wait[2].revents & POLLIN)) continue;
    int client = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (client < 0) continue;
    if (fork() == 0) relay_connection(client, &target);
    close(client), running++;
  }
}

/* podd ps */

static bool is_podd(const char *pid) {
  char path[300], exe[PATH_MAX];
  snprintf(path, sizeof path, "/proc/%s/exe", pid);
  ssize_t length = readlink(path, exe, sizeof exe - 1);
  if (length <= 0) return false;
  exe[length] = 0;
  const char *base = strrchr(exe, '/');
  return base && !strncmp(base, "/podd", 5) && (base[5] == 0 || base[5] == ' ');
}

static void print_process(const char *pid, const char *lab) {
  char path[300], text[4096];
  snprintf(path, sizeof path, "/proc/%s/cmdline", pid);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  ssize_t length = fd < 0 ? 0 : read(fd, text, sizeof text - 1);
  if (fd >= 0) close(fd);
  if (length <= 0) return;
  text[length] = 0;
  static const char *const kinds[] = {"lab", "lab-init", "node", "inet", "dns", "pod", "relay", "introspect", "delay", "hold", "fill"};
  const char *kind = text + strlen(text) + 1;
  if (kind >= text + length) return;
  const char *owner = kind + strlen(kind) + 1;
  if (owner >= text + length || (lab && strcmp(owner, lab))) return;
  bool known = false;
  for (int i = 0; i < 11; i++) known |= !strcmp(kind, kinds[i]);
  if (!known) return;
  printf("%s", pid);
  for (const char *word = kind; word < text + length; word += strlen(word) + 1) printf("\t%s", word);
  putchar('\n');
}

static int processes(const char *lab) {
  DIR *proc = opendir("/proc");
  if (!proc) die("/proc");
  for (struct dirent *entry; (entry = readdir(proc));)
    if (isdigit((unsigned char)entry->d_name[0]) && is_podd(entry->d_name)) print_process(entry->d_name, lab);
  closedir(proc);
  return 0;
}

static int offload_off(char **devices) {
  static const unsigned commands[] = {ETHTOOL_STSO, ETHTOOL_SGSO, ETHTOOL_STXCSUM};
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  for (; *devices; devices++)
    for (int i = 0; i < 3; i++) {
      struct ethtool_value value = {.cmd = commands[i]};
      struct ifreq request = {.ifr_data = (char *)&value};
      strncpy(request.ifr_name, *devices, IFNAMSIZ - 1);
      if (ioctl(fd, SIOCETHTOOL, &request) < 0) die("offload of %s", *devices);
    }
  return 0;
}

/* Whoever holds a lock or waits for the end of a pipe must not wait for the lab's end because we inherited it. */
static void close_inherited(const char *mode) {
  static const char *const lasting[] = {"lab", "node", "inet", "dns", "pod", "relay", "introspect", "delay", "hold", "fill"};
  for (int i = 0; i < 10; i++)
    if (!strcmp(mode, lasting[i])) close_range(3, ~0U, 0);
}

int main(int argc, char **argv) {
  char **a = argv + 2;
  const char *mode = argc > 1 ? argv[1] : "";
  int n = argc - 2;
  close_inherited(mode);
  if (!strcmp(mode, "lab") && n >= 4) return start_lab(a[0], a[1], a[2], a + 3);
  if (!strcmp(mode, "lab-init") && n >= 5) run_lab_init(a[0], a[1], atoi(a[2]), atoi(a[3]), a + 4);
  if (!strcmp(mode, "node") && n == 3) return start_node(a[1], a[2]);
  if (!strcmp(mode, "inet") && n == 1) {
    struct service service = {.label = "inet", .http = 80, .echo = 7};
    return printf("%d\n", start_server(prepare_inet, NULL, &service)) < 0;
  }
  if (!strcmp(mode, "dns") && n == 3) {
    struct service service = {.label = "dns", .bind = a[1], .names = a[2], .dns = 53};
    return printf("%d\n", start_server(prepare_nothing, NULL, &service)) < 0;
  }
  if (!strcmp(mode, "introspect") && n == 3) {
    struct service service = {.label = "ipamd", .bind = "127.0.0.1", .root = a[2], .http = 61679};
    return start_server(prepare_nothing, NULL, &service) < 0;
  }
  if (!strcmp(mode, "delay") && n == 2) return delay_packets(atoi(a[1]));
  if (!strcmp(mode, "hold") && n == 5) return hold_connections(a[2], atoi(a[3]), atoi(a[4]));
  if (!strcmp(mode, "fill") && n == 3) return fill_conntrack(a[2]);
  if (!strcmp(mode, "empty") && n == 0) return empty_conntrack();
  if (!strcmp(mode, "flood") && n == 3) return flood(a[0], atoi(a[1]), atoi(a[2]));
  if (!strcmp(mode, "pod") && (n == 6 || n == 7)) return start_pod(a, n == 7 ? a[6] : NULL);
  if (!strcmp(mode, "relay") && n == 4) return relay(atoi(a[1]), a[2], a[3]);
  if (!strcmp(mode, "enter") && n >= 3) return enter(a[0], a[1], a + 2);
  if (!strcmp(mode, "ps") && n <= 1) return processes(n == 1 ? a[0] : NULL);
  if (!strcmp(mode, "offload-off")) return offload_off(a);
  if (!strcmp(mode, "control") && n == 2) return control_command(a[0], a[1]);
  if (!strcmp(mode, "http") && n == 2) {
    struct service service = {.label = "here", .bind = a[0], .http = atoi(a[1])};
    serve_open(&service);
    serve();
  }
  if (!strcmp(mode, "udp") && n == 3) return udp_call(a[0], atoi(a[1]), a[2]);
  fputs("usage: see the head of podd.c\n", stderr);
  return 2;
}
