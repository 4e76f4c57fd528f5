#include <libssh/libssh.h>
#include <libssh/callbacks.h>
#include <sys/eventfd.h>
