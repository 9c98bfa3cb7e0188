#include "api/api.h"

#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "api/desk.h"
#include "api/site.h"
#include "base/attributes.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "engine/child.h"
#include "engine/listen_socket.h"
#include "spool/token_key.h"

#define INHERITED   3     /* sd_listen_fds(3): the first one */
#define FILES_MAX   65536 /* more than the connections that are taken */
#define ENDING_MS   INT64_C(1500)
#define TURN_MS     1000
#define DESCRIPTORS 4

struct api {
    struct settings *settings;
    struct server *server;
    struct desk desk;
    int listener, signals;
    int64_t end_ms; /* 0: not ending */
};

/* ---- start */

static void harden(void)
{
    struct rlimit files;
    prctl(PR_SET_DUMPABLE, 0); /* secrets of gateways are in our memory */
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (getrlimit(RLIMIT_NOFILE, &files) != 0)
        return;
    files.rlim_cur = files.rlim_max < FILES_MAX ? files.rlim_max : FILES_MAX;
    (void)setrlimit(RLIMIT_NOFILE, &files);
}

/* The scheduler's child was made to ignore signals; here they are what ends it. */
static int open_signals(struct api *a, struct error *err)
{
    static const int wanted[] = {SIGTERM, SIGINT};
    sigset_t set;
    sigemptyset(&set);
    for (size_t i = 0; i < COUNT_OF(wanted); i++) {
        sigaddset(&set, wanted[i]);
        signal(wanted[i], SIG_DFL);
    }
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    signal(SIGUSR1, SIG_IGN);
    a->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return a->signals >= 0 ? 0 : error_errno(err, ERR_IO, "cannot receive signals");
}

static bool was_handed_a_socket(void)
{
    const char *pid = getenv("LISTEN_PID"), *count = getenv("LISTEN_FDS");
    int64_t number;
    return pid != NULL && count != NULL && text_parse_int(pid, &number) &&
           number == (int64_t)getpid() && strcmp(count, "1") == 0;
}

static int open_listener(struct api *a, struct error *err)
{
    bool loopback;
    if (was_handed_a_socket()) {
        a->listener = INHERITED;
        return 0;
    }
    if (a->settings->api_listen == NULL)
        return error_set(err, ERR_CONFIG,
                         "there is no api.listen in %s; set it, for instance to 127.0.0.1:8025",
                         a->settings->file);
    int rc = listen_socket_open(a->settings->api_listen, &a->listener, &loopback, err);
    if (rc == 0 && !loopback)
        log_event(LOG_WARN, "api.listens",
                  "listen=%s note=\"other machines reach it, and without TLS: a proxy should stand "
                  "before it\"",
                  a->settings->api_listen);
    return rc;
}

static int open_all(struct api *a, const struct config_options *config, struct error *err)
{
    int rc = config_load(config, &a->settings, err);
    if (rc != 0)
        return rc;
    child_forget_secrets(a->settings);
    log_set_level(a->settings->log_level);
    rc = token_key_read(a->settings->spool, a->settings->token_key, err);
    if (rc == 0)
        rc = open_signals(a, err);
    if (rc == 0)
        rc = open_listener(a, err);
    if (rc != 0)
        return rc;
    a->desk.settings = a->settings;
    site_open(&a->desk);
    const struct server_options options = {
        .listener = a->listener, .context = &a->desk, .handle = site_handle};
    rc = server_open(&options, &a->server, err);
    a->desk.server = a->server;
    return rc;
}

static void close_all(struct api *a)
{
    if (a->desk.inbox != NULL)
        site_close(&a->desk); /* answers whoever waits */
    if (a->server != NULL)
        server_turn(a->server, clock_mono_ms());
    server_close(a->server);
    if (a->listener >= 0)
        close(a->listener);
    if (a->signals >= 0)
        close(a->signals);
    if (a->settings != NULL)
        settings_free(a->settings);
    free(a->settings);
}

/* ---- the loop */

static void serve_signals(struct api *a, int64_t mono_ms)
{
    struct signalfd_siginfo info;
    while (read(a->signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
        if (a->end_ms == 0)
            server_stop_accepting(a->server);
        if (a->end_ms == 0)
            a->end_ms = mono_ms + ENDING_MS;
    }
}

static bool is_over(const struct api *a, int64_t mono_ms)
{
    if (a->end_ms == 0)
        return false;
    return mono_ms >= a->end_ms || (server_connections(a->server) == 0 && site_is_idle(&a->desk));
}

static void turn(struct api *a)
{
    struct pollfd fds[DESCRIPTORS] = {
        {.fd = a->signals, .events = POLLIN},
        {.fd = server_fd(a->server), .events = POLLIN},
        inbox_poll(a->desk.inbox),
        questions_poll(a->desk.questions),
    };
    int most = a->end_ms != 0 ? 50 : TURN_MS;
    poll(fds, DESCRIPTORS, server_wait_ms(a->server, most));
    int64_t mono = clock_mono_ms();
    serve_signals(a, mono);
    inbox_serve(a->desk.inbox, fds[2].revents, mono);
    questions_serve(a->desk.questions, fds[3].revents, mono);
    server_turn(a->server, mono);
    /* What has just come in goes out at once. */
    inbox_serve(a->desk.inbox, 0, mono);
    questions_serve(a->desk.questions, 0, mono);
}

int api_run(const struct config_options *config, struct error *err)
{
    struct api a = {.listener = -1, .signals = -1};
    log_set_process("api");
    harden();
    int rc = open_all(&a, config, err);
    if (rc == 0) {
        log_event(LOG_INFO, "api.ready", "version=%s", DISPATCHER_VERSION);
        while (!is_over(&a, clock_mono_ms()))
            turn(&a);
        log_event(LOG_INFO, "api.ended", "open=%zu", server_connections(a.server));
    }
    close_all(&a);
    return rc;
}
