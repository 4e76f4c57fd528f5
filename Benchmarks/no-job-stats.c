// Preloaded into migrate by versus-virsh.py: counts its questions for a running job's statistics, and with
// JOB_STATS=off answers them itself, as libvirt does when there is no job: neither libvirtd nor QEMU is asked.
// What was counted goes into the file JOB_STATS_COUNT when the process exits.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <libvirt/libvirt.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static atomic_int asked;

int virDomainGetJobStats(
    virDomainPtr domain, int *type, virTypedParameterPtr *fields, int *count, unsigned int flags) {
  const char *mode = getenv("JOB_STATS");
  if (!(flags & VIR_DOMAIN_JOB_STATS_COMPLETED)) {
    atomic_fetch_add(&asked, 1);
    if (mode && strcmp(mode, "off") == 0) {
      *type = VIR_DOMAIN_JOB_NONE;
      *fields = NULL;
      *count = 0;
      return 0;
    }
  }
  int (*real)(virDomainPtr, int *, virTypedParameterPtr *, int *, unsigned int) =
      dlsym(RTLD_NEXT, "virDomainGetJobStats");
  return real(domain, type, fields, count, flags);
}

__attribute__((destructor)) static void report(void) {
  const char *path = getenv("JOB_STATS_COUNT");
  FILE *file = path ? fopen(path, "w") : NULL;
  if (!file) return;
  fprintf(file, "%d\n", atomic_load(&asked));
  fclose(file);
}
