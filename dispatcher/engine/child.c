#include "engine/child.h"

#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/attributes.h"

#define FIRST_KEPT 3
#define KEPT_MAX   8

/*
 * Writable memory shared with the scheduler (SQLite's wal-index, pages of workers) is unmapped: a
 * stray write of a library in this process must not be able to reach the ledger. What is shared for
 * reading only (caches of libc) stays, and what begins at `kept`.
 */
static void unmap_shared_memory(const void *kept)
{
    char line[512];
    FILE *maps = fopen("/proc/self/maps", "re");
    if (maps == NULL)
        return;
    while (fgets(line, sizeof(line), maps) != NULL) {
        /* "7f12a000-7f12b000 rw-s 00000000 ..." */
        char *at = line;
        uintptr_t from = strtoul(at, &at, 16);
        uintptr_t to = *at == '-' ? strtoul(at + 1, &at, 16) : from;
        if (to > from && from != (uintptr_t)kept && strlen(at) > 4 && at[2] == 'w' && at[4] == 's')
            munmap((void *)from, to - from); /* NOLINT(performance-no-int-to-ptr) */
    }
    fclose(maps);
}

/* By way of higher numbers: one that is kept may stand where another one goes. */
static void keep_descriptors(const int *keep, size_t count)
{
    int aside[KEPT_MAX];
    for (size_t i = 0; i < count; i++) {
        aside[i] = fcntl(keep[i], F_DUPFD_CLOEXEC, FIRST_KEPT + KEPT_MAX);
        if (aside[i] < 0)
            _exit(EXIT_FAILURE);
    }
    for (size_t i = 0; i < count; i++) {
        if (dup3(aside[i], FIRST_KEPT + (int)i, O_CLOEXEC) < 0)
            _exit(EXIT_FAILURE);
    }
    close_range(FIRST_KEPT + (unsigned)count, ~0U, 0);
}

/* Set before the mask is lifted: the scheduler's signals may reach its whole group (^C, systemd,
 * pkill -USR1), but it alone decides when its children end. */
static void ignore_signals(void)
{
    static const int ignored[] = {SIGPIPE, SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGXFSZ};
    sigset_t none;
    for (size_t i = 0; i < COUNT_OF(ignored); i++)
        signal(ignored[i], SIG_IGN);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Letters and secrets in a core file would outlive their retention. The limit is for a program it
 * becomes, which begins dumpable. */
static void leave_no_core(void)
{
    const struct rlimit none = {0, 0};
    prctl(PR_SET_DUMPABLE, 0);
    (void)setrlimit(RLIMIT_CORE, &none);
}

void child_shed(const int *keep, size_t count)
{
    child_shed_but(keep, count, NULL);
}

void child_shed_but(const int *keep, size_t count, const void *memory)
{
    unmap_shared_memory(memory);
    keep_descriptors(keep, count);
    ignore_signals();
    /* Should the scheduler have died before this line, its socket tells. */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    leave_no_core();
}

void child_forget_secrets(const struct settings *s)
{
    for (size_t i = 0; i < s->secret_variable_count; i++) {
        char *value = getenv(s->secret_variables[i]);
        if (value != NULL)
            explicit_bzero(value, strlen(value));
    }
}
