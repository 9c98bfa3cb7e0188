#include "engine/api_process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/log.h"
#include "base/text.h"
#include "engine/child.h"
#include "engine/listen_socket.h"

#define BACKOFF_MIN_MS INT64_C(1000)
#define BACKOFF_MAX_MS INT64_C(30000)
/* Who lived so long did not die of its start. */
#define HEALTHY_MS    INT64_C(60000)
#define ENDING_MS     2000
#define INHERITED     3 /* the first descriptor behind the standard ones, as systemd has it */
#define ARGUMENTS_MAX 64

void api_process_init(struct api_process *p, const struct config_options *config)
{
    *p = (struct api_process){.config = config, .listener = -1, .backoff_ms = BACKOFF_MIN_MS};
}

/* ---- the child */

static char *writable(const char *text)
{
    return (char *)(uintptr_t)text;
}

/* What `dispatcher run` was told. Made before the fork: nothing is freed behind an exec. */
static void put_arguments(const struct config_options *config, char **argv)
{
    size_t count = 0;
    argv[count++] = writable("dispatcher");
    argv[count++] = writable("api");
    if (config->path != NULL) {
        argv[count++] = writable("--config");
        argv[count++] = writable(config->path);
    }
    for (size_t i = 0; i < config->override_count && count + 3 < ARGUMENTS_MAX; i++) {
        struct buf pair = {0};
        buf_printf(&pair, "%s=%s", config->overrides[i].key, config->overrides[i].value);
        argv[count++] = writable("--set");
        argv[count++] = buf_steal(&pair);
    }
    argv[count] = NULL;
}

static _Noreturn void become_api(const struct api_process *p, pid_t parent)
{
    char *argv[ARGUMENTS_MAX], number[16];
    put_arguments(p->config, argv);
    child_shed(&p->listener, 1);
    /* From here on its death is ours; if it died before, nobody would ever end this one. */
    if (getppid() != parent)
        _exit(EXIT_SUCCESS);
    fcntl(INHERITED, F_SETFD, 0);
    snprintf(number, sizeof(number), "%d", (int)getpid());
    setenv("LISTEN_PID", number, 1);
    setenv("LISTEN_FDS", "1", 1);
    execv("/proc/self/exe", argv);
    log_event(LOG_ERR, "api.start", "reason=\"%s\"", strerrordesc_np(errno));
    _exit(EXIT_FAILURE);
}

static void start(struct api_process *p, int64_t mono_ms)
{
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid == 0)
        become_api(p, parent);
    p->started_ms = mono_ms;
    p->next_start_ms = mono_ms + p->backoff_ms;
    if (pid < 0)
        log_event(LOG_ERR, "api.start", "reason=\"%s\"", strerrordesc_np(errno));
    else
        p->pid = pid;
}

/* ---- following the settings */

static void ask_to_end(struct api_process *p)
{
    if (p->leaving != 0) /* it had its time: two reloads */
        kill(p->leaving, SIGKILL);
    if (p->leaving != 0)
        waitpid(p->leaving, NULL, 0);
    p->leaving = p->pid;
    p->pid = 0;
    if (p->leaving != 0)
        kill(p->leaving, SIGTERM);
}

static void stop_listening(struct api_process *p)
{
    if (p->listener >= 0)
        close(p->listener);
    free(p->where);
    p->listener = -1;
    p->where = NULL;
}

static void say_where(const char *where, bool loopback)
{
    if (loopback)
        log_event(LOG_INFO, "api.listens", "listen=%s", where);
    else
        log_event(LOG_WARN, "api.listens",
                  "listen=%s note=\"other machines reach it, and without TLS: a proxy should stand "
                  "before it\"",
                  where);
}

int api_process_use(struct api_process *p, const struct settings *s, int64_t mono_ms,
                    struct error *err)
{
    bool moved = !text_equal(p->where, s->api_listen);
    bool loopback = true;
    int fd = -1;
    int rc = 0;
    if (moved && s->api_listen != NULL)
        rc = listen_socket_open(s->api_listen, &fd, &loopback, err);
    if (rc != 0)
        return rc;
    if (moved) {
        stop_listening(p);
        p->where = xstrdup(s->api_listen);
        p->listener = fd;
    }
    if (moved && fd >= 0)
        say_where(p->where, loopback);
    ask_to_end(p);
    p->backoff_ms = BACKOFF_MIN_MS;
    if (p->listener >= 0)
        start(p, mono_ms);
    return 0;
}

/* ---- watching */

static void say_how_it_died(const struct api_process *p, int status)
{
    char how[32];
    const char *name = WIFSIGNALED(status) ? sigabbrev_np(WTERMSIG(status)) : NULL;
    if (name != NULL)
        snprintf(how, sizeof(how), "signal %s", name);
    else
        snprintf(how, sizeof(how), "status %d", WEXITSTATUS(status));
    log_event(LOG_ERR, "api.died",
              "how=\"%s\" again_in_ms=%lld note=\"sending goes on; reports of gateways wait\"", how,
              (long long)p->backoff_ms);
}

static void bury(struct api_process *p, int64_t mono_ms)
{
    int status;
    if (p->leaving != 0 && waitpid(p->leaving, NULL, WNOHANG) != 0)
        p->leaving = 0;
    if (p->pid == 0 || waitpid(p->pid, &status, WNOHANG) == 0)
        return;
    if (mono_ms - p->started_ms >= HEALTHY_MS)
        p->backoff_ms = BACKOFF_MIN_MS;
    say_how_it_died(p, status);
    p->pid = 0;
    p->next_start_ms = mono_ms + p->backoff_ms;
    p->backoff_ms = p->backoff_ms * 2 < BACKOFF_MAX_MS ? p->backoff_ms * 2 : BACKOFF_MAX_MS;
}

void api_process_tend(struct api_process *p, int64_t mono_ms)
{
    bury(p, mono_ms);
    if (p->pid == 0 && p->listener >= 0 && mono_ms >= p->next_start_ms)
        start(p, mono_ms);
}

static void wait_for_end(pid_t pid)
{
    struct pollfd fd = {.fd = pidfd_open(pid, 0), .events = POLLIN};
    if (fd.fd >= 0) {
        poll(&fd, 1, ENDING_MS);
        close(fd.fd);
    }
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

void api_process_end(struct api_process *p)
{
    stop_listening(p);
    if (p->pid != 0)
        kill(p->pid, SIGTERM);
    if (p->leaving != 0)
        wait_for_end(p->leaving);
    if (p->pid != 0)
        wait_for_end(p->pid);
    p->pid = 0;
    p->leaving = 0;
}
