/*
 * killat: runs a command and kills it, or one of its children, with SIGKILL at the N-th system call. The call itself is
 * not made any more.
 *
 *   killat [-r main|worker|reader] [-w] [-a NAME] [-s SEED -m MAX] [-o REPORT] N command [argument ...]
 *
 *   N          0 only counts
 *   -r main    counts and kills the command itself (the default): what becomes of its children is its affair
 *   -r worker  counts over all children but the reader of a batch, kills the one that makes the N-th call
 *   -r reader  counts and kills the child that reads a file called notices.jsonl
 *   -w         counts only calls that somebody else could notice: writes, syncs, names, sockets, processes
 *   -a NAME    counts from the first openat() of a path that ends with NAME
 *   -s, -m     after a kill goes on with the next N, drawn from 1..MAX by SEED
 *   -o REPORT  writes "calls COUNT kills COUNT last NUMBER" there at the end and after every kill
 *
 * SIGTERM is passed on. Ends with the command: its exit status, or 128 and the signal.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

enum role { MAIN, WORKER, READER };

#define PROCESSES 4096

/* What is known of a traced child. */
struct child {
    pid_t pid;
    bool reads_batch;
    int reads; /* looked at so far: whoever reads no batch early is no reader */
};

struct killer {
    enum role role;
    bool writes_only;
    const char *after;
    bool armed; /* `after` was seen, or is not asked for */
    unsigned long at, max;
    uint64_t seed;
    const char *report;
    pid_t main;
    unsigned long calls, kills;
    long long last;
    struct child children[PROCESSES];
    size_t count;
};

static const int noticeable[] = {
    SYS_write,     SYS_writev,   SYS_pwrite64, SYS_pwritev,  SYS_sendto,    SYS_sendmsg,
    SYS_fsync,     SYS_fdatasync, SYS_ftruncate, SYS_fallocate, SYS_renameat2, SYS_linkat,
    SYS_unlinkat,  SYS_mkdirat,  SYS_clone,    SYS_clone3,   SYS_kill,      SYS_connect,
    SYS_shutdown,  SYS_bind,     SYS_flock,    SYS_exit_group, SYS_sendfile, SYS_copy_file_range,
#ifdef SYS_rename
    SYS_rename,    SYS_unlink,   SYS_mkdir,    SYS_link,     SYS_rmdir,     SYS_fork, SYS_vfork,
#endif
#ifdef SYS_renameat
    SYS_renameat,
#endif
};

static pid_t told_to_end; /* set by the handler's caller only: the command's pid */

static void pass_on(int number)
{
    if (told_to_end > 0)
        kill(told_to_end, number);
}

static void die(const char *what)
{
    perror(what);
    exit(125);
}

/* splitmix64 */
static uint64_t draw(uint64_t *state)
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

static void report(const struct killer *k)
{
    FILE *out = k->report != NULL ? fopen(k->report, "w") : NULL;
    if (out == NULL)
        return;
    fprintf(out, "calls %lu kills %lu last %lld\n", k->calls, k->kills, k->last);
    fclose(out);
}

/* ---- whose call is it, and does it count ---- */

static struct child *find_child(struct killer *k, pid_t pid)
{
    for (size_t i = 0; i < k->count; i++) {
        if (k->children[i].pid == pid)
            return &k->children[i];
    }
    if (k->count == PROCESSES)
        k->count = 0; /* they are long gone */
    k->children[k->count] = (struct child){.pid = pid};
    return &k->children[k->count++];
}

static bool reads_notices(pid_t pid, unsigned long long fd)
{
    static const char name[] = "notices.jsonl";
    char link[64], path[4096];
    snprintf(link, sizeof(link), "/proc/%d/fd/%llu", (int)pid, fd);
    ssize_t len = readlink(link, path, sizeof(path));
    return len >= (ssize_t)sizeof(name) - 1 &&
           memcmp(path + len - (sizeof(name) - 1), name, sizeof(name) - 1) == 0;
}

#define READS_LOOKED_AT 2000

static void look_at_read(struct child *c, const struct __ptrace_syscall_info *info)
{
    if (c->reads_batch || c->reads >= READS_LOOKED_AT ||
        (info->entry.nr != SYS_read && info->entry.nr != SYS_pread64))
        return;
    c->reads++;
    c->reads_batch = reads_notices(c->pid, info->entry.args[0]);
}

static bool is_wanted(struct killer *k, pid_t pid, const struct __ptrace_syscall_info *info)
{
    if (pid == k->main)
        return k->role == MAIN;
    if (k->role == MAIN)
        return false;
    struct child *c = find_child(k, pid);
    look_at_read(c, info);
    return (k->role == READER) == c->reads_batch;
}

static bool is_noticeable(const struct __ptrace_syscall_info *info)
{
    unsigned long long number = info->entry.nr;
    for (size_t i = 0; i < sizeof(noticeable) / sizeof(noticeable[0]); i++) {
        if ((unsigned long long)noticeable[i] == number)
            return true;
    }
    return number == SYS_openat && (info->entry.args[2] & O_CREAT) != 0;
}

static bool opens(const struct killer *k, pid_t pid, const struct __ptrace_syscall_info *info)
{
    char path[4096] = "";
    struct iovec here = {path, sizeof(path) - 1}, there = {(void *)(uintptr_t)info->entry.args[1], 1};
    if (info->entry.nr != SYS_openat)
        return false;
    for (size_t i = 0; i < sizeof(path) - 1; i++) {
        here = (struct iovec){path + i, 1};
        there.iov_base = (void *)(uintptr_t)(info->entry.args[1] + i);
        if (process_vm_readv(pid, &here, 1, &there, 1, 0) != 1 || path[i] == '\0')
            break;
    }
    size_t len = strlen(path), wanted = strlen(k->after);
    return len >= wanted && strcmp(path + len - wanted, k->after) == 0;
}

/* ---- the kill ---- */

static void strike(struct killer *k, pid_t pid, long long number)
{
    kill(pid, SIGKILL);
    k->kills++;
    k->last = number;
    if (k->max > 0 && k->role != MAIN) {
        k->at = k->calls + 1 + draw(&k->seed) % k->max;
    }
    report(k);
}

static void count_call(struct killer *k, pid_t pid)
{
    struct __ptrace_syscall_info info;
    if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info) <= 0 ||
        info.op != PTRACE_SYSCALL_INFO_ENTRY)
        return;
    k->armed = k->armed || opens(k, pid, &info);
    if (!is_wanted(k, pid, &info) || !k->armed ||
        (k->writes_only && !is_noticeable(&info)))
        return;
    k->calls++;
    if (k->calls == k->at)
        strike(k, pid, (long long)info.entry.nr);
}

/* ---- tracing ---- */

static void go_on(const struct killer *k, pid_t pid, int number)
{
    /* The main process is of no interest when its children are, but for where counting begins. */
    bool watched = pid != k->main || k->role == MAIN || !k->armed;
    ptrace(watched ? PTRACE_SYSCALL : PTRACE_CONT, pid, NULL, (void *)(uintptr_t)number);
}

static void handle_stop(struct killer *k, pid_t pid, int status)
{
    int number = WSTOPSIG(status);
    if (number == (SIGTRAP | 0x80)) {
        count_call(k, pid);
        number = 0;
    } else if (number == SIGTRAP || number == SIGSTOP) {
        number = 0; /* of tracing: exec, fork, a new child */
    }
    go_on(k, pid, number);
}

static int trace(struct killer *k)
{
    int result = 0, status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, __WALL)) > 0 || errno == EINTR) {
        if (pid < 0)
            continue;
        if (WIFSTOPPED(status)) {
            handle_stop(k, pid, status);
        } else if (pid == k->main) {
            result = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
            told_to_end = 0;
        }
    }
    return result;
}

static void start(struct killer *k, char **command)
{
    int status;
    long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL;
    if (k->role != MAIN)
        options |= PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE;
    k->main = fork();
    if (k->main == 0) {
        ptrace(PTRACE_TRACEME, 0, NULL, NULL);
        raise(SIGSTOP);
        execvp(command[0], command);
        _exit(127);
    }
    if (k->main < 0 || waitpid(k->main, &status, 0) != k->main)
        die("killat: cannot start the command");
    told_to_end = k->main;
    if (ptrace(PTRACE_SETOPTIONS, k->main, NULL, (void *)(uintptr_t)options) != 0)
        die("killat: cannot trace");
    go_on(k, k->main, 0);
}

static enum role role_of(const char *name)
{
    static const char *const names[] = {[MAIN] = "main", [WORKER] = "worker", [READER] = "reader"};
    for (int i = MAIN; i <= READER; i++) {
        if (strcmp(name, names[i]) == 0)
            return (enum role)i;
    }
    fprintf(stderr, "killat: no role %s\n", name);
    exit(64);
}

int main(int argc, char **argv)
{
    static struct killer k = {.armed = true};
    int option;
    while ((option = getopt(argc, argv, "+r:wa:s:m:o:")) != -1) {
        switch (option) {
        case 'r':
            k.role = role_of(optarg);
            break;
        case 'w':
            k.writes_only = true;
            break;
        case 'a':
            k.after = optarg;
            k.armed = false;
            break;
        case 's':
            k.seed = strtoull(optarg, NULL, 10);
            break;
        case 'm':
            k.max = strtoul(optarg, NULL, 10);
            break;
        case 'o':
            k.report = optarg;
            break;
        default:
            return 64;
        }
    }
    if (argc - optind < 2) {
        fprintf(stderr, "usage: killat [-r main|worker|reader] [-w] [-a NAME] [-s SEED -m MAX] [-o REPORT] N command\n");
        return 64;
    }
    k.at = strtoul(argv[optind], NULL, 10);
    if (k.at == 0 && k.max > 0)
        k.at = 1 + draw(&k.seed) % k.max;
    struct sigaction term = {.sa_handler = pass_on};
    sigaction(SIGTERM, &term, NULL);
    sigaction(SIGHUP, &term, NULL);
    start(&k, &argv[optind + 1]);
    int result = trace(&k);
    report(&k);
    return result;
}
