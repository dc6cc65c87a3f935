/* What the parts of podd share. */
#ifndef PODD_H
#define PODD_H

#include <stdbool.h>
#include <stdnoreturn.h>

/* Prints "podd: ..." with errno's text when errno is set, and exits 1. */
noreturn void die(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* What one server process offers. A port of 0 is not served. */
struct service {
  const char *label;     /* who answers, as HTTP clients read it: "shop/web-0 on node-a" */
  const char *bind;      /* IPv4 address to listen on, NULL for all */
  const char *names;     /* file of "name address" lines for DNS, NULL for none */
  const char *control;   /* path of the control socket, NULL for none */
  int http, echo, dns;   /* ports: HTTP over TCP; echo and DNS over TCP and UDP */
};

/* Opens the sockets; after it returns clients are answered as soon as serve() runs. */
void serve_open(const struct service *service);
/* Answers until killed. */
noreturn void serve(void);

/* Sends one command to a server's control socket and waits until it took effect. */
int control_command(const char *socket_path, const char *command);
/* One datagram to ADDRESS:PORT; prints the answer. Exit code 1 when none came within two seconds. */
int udp_call(const char *address, int port, const char *text);

#endif
