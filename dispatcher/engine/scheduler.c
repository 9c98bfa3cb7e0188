#include "engine/scheduler.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "channel/channel.h"
#include "engine/api_process.h"
#include "engine/batch_intake.h"
#include "engine/clock_step.h"
#include "engine/config_change.h"
#include "engine/control.h"
#include "engine/daemon_view.h"
#include "engine/dispatch.h"
#include "engine/escalate.h"
#include "engine/events.h"
#include "engine/intake_scan.h"
#include "engine/metrics.h"
#include "engine/receive.h"
#include "engine/requests.h"
#include "engine/mending.h"
#include "engine/retention.h"
#include "engine/setup.h"
#include "engine/shelf.h"
#include "policy/failover.h"
#include "spool/spool.h"

/* Entries of new/ per turn of the loop: enough for speed, few enough that reports do not wait. */
#define SCAN_LIMIT 500
/* A file that was still being written, or a ledger that could not record, is looked at again. */
#define SCAN_AGAIN_MS 1000
#define CLEAN_TMP_MS  (INT64_C(3600) * 1000)
/* When the ledger could not do it, or nothing of it could be moved. */
#define OVERDUE_AGAIN_MS 1000
/* Reports that waited for what they speak of are looked for this often, beside the work. */
#define PARKED_MS 200

struct scheduler {
    const struct scheduler_options *options;
    struct setup *setup;
    struct spool *spool;
    struct ledger *ledger;
    struct shelf *shelf;
    struct batch_intake *batches;
    struct dispatch dispatch;
    struct retention retention;
    struct control control;
    struct access access; /* who may ask it what */
    struct api_process api;
    int signals;
    int watch;
    struct buf shown;            /* the configuration in force, as `config show` prints it */
    int64_t quiet_mono_ms;       /* the configured level of the log comes back; 0: it is there */
    struct error refused_config; /* why the last reload was refused; zero: it was not */
    bool reload_wanted;          /* by a signal */
    int64_t next_reload_mono_ms;
    int64_t started_mono_ms;
    int64_t next_scan_mono_ms;
    /* where much stands in new/ and stays, passes leave time for work */
    int64_t least_scan_mono_ms;
    int64_t next_clean_mono_ms;
    int64_t next_due_wall_ms;
    int64_t next_batch_mono_ms;
    int64_t next_parked_mono_ms;
    int64_t next_overdue_mono_ms; /* not before: the ledger failed, or could not plan them */
    /* receipts nobody believes; batches without lines; a disk without room */
    struct log_pace refusals, untold, full;
    struct letter_waits letters; /* notices whose letter was left out */
    struct clock_step clock;
    bool stopping;
    int64_t stop_at_mono_ms;
    bool ended;
    struct pollfd *fds;
};

/* ---- start ---- */

static int open_signals(struct scheduler *s, struct error *err)
{
    static const int wanted[] = {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGCHLD};
    sigset_t set;
    sigemptyset(&set);
    for (size_t i = 0; i < COUNT_OF(wanted); i++)
        sigaddset(&set, wanted[i]);
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a file at its limit is an error to be told, not a death */
    s->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return s->signals < 0 ? error_errno(err, ERR_IO, "cannot receive signals") : 0;
}

/* inotify only makes it quick; the rescan is the guarantee, so a failure here is a warning. */
static void open_watch(struct scheduler *s)
{
    s->watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (s->watch < 0 || inotify_add_watch(s->watch, spool_new_path(s->spool),
                                          IN_CREATE | IN_MOVED_TO | IN_CLOSE_WRITE) < 0)
        log_event(LOG_WARN, "spool.watch",
                  "reason=\"%s\" action=\"rescanning every %lld ms instead\"",
                  strerrordesc_np(errno), (long long)s->setup->settings->rescan_ms);
}

static bool transport_holds(void *context, const char *transport)
{
    const struct scheduler *s = context;
    const struct transport *t = settings_find_transport(s->setup->settings, transport);
    struct carriers carriers;
    /* A transport that is gone from the configuration cannot be asked: the careful answer. */
    if (t == NULL)
        return true;
    carriers_list(s->setup->settings, t, &carriers);
    return carriers_hold(&carriers);
}

static void warn_if_missing(void *context, const char *transport)
{
    const struct scheduler *s = context;
    if (settings_find_transport(s->setup->settings, transport) == NULL)
        log_event(LOG_ERR, "transport.missing",
                  "transport=%s note=\"deliveries wait for a transport that is not in %s; put it "
                  "back under this name\"",
                  transport, s->setup->settings->file);
}

/* A renamed transport would leave its deliveries waiting for ever, and in silence. */
static void warn_about_missing_transports(struct scheduler *s)
{
    struct error why;
    if (ledger_walk_waiting_transports(s->ledger, warn_if_missing, s, &why) != 0)
        log_event(LOG_WARN, "ledger.look", "reason=\"%s\"", why.text);
}

static int open_ledger(struct scheduler *s, struct error *err)
{
    size_t deferred = 0, uncertain = 0;
    int64_t written_ms = ledger_written_ms(s->setup->settings->spool);
    clock_step_begin(&s->clock, written_ms, clock_mono_ms(), clock_wall_ms());
    int rc = ledger_open(s->setup->settings->spool, LEDGER_WRITE, &s->ledger, err);
    if (rc == 0)
        rc = ledger_recover(s->ledger, transport_holds, s, clock_wall_ms(), &deferred, &uncertain,
                            err);
    if (rc == 0 && deferred + uncertain > 0)
        log_event(LOG_WARN, "ledger.recovered",
                  "in_flight_before=%zu again=%zu uncertain=%zu note=\"the last daemon did not end "
                  "by itself\"",
                  deferred + uncertain, deferred, uncertain);
    if (rc == 0)
        warn_about_missing_transports(s);
    return rc;
}

/* ---- reload ---- */

/* What a running daemon cannot change under itself. */
static int refuse_restart(const struct settings *old, const struct settings *new, struct error *err)
{
    bool spool = strcmp(old->spool, new->spool) != 0;
    bool control = strcmp(old->control_socket, new->control_socket) != 0;
    if (!spool && !control)
        return 0;
    return error_set(err, ERR_CONFIG,
                     "%s: `%s` only changes with a restart; restart the daemon instead",
                     settings_position(new, spool ? "spool" : "control_socket"),
                     spool && control ? "spool` and `control_socket"
                     : spool          ? "spool"
                                      : "control_socket");
}

/* For whoever asks later what a reload changed; that it cannot be told is no reason to stop. */
static void show_configuration(const struct scheduler *s, struct buf *out)
{
    struct error ignored;
    buf_reset(out);
    if (config_show(&s->options->config, false, out, &ignored) != 0)
        buf_reset(out);
}

/* Groups of the configuration come as far as they are meant to. */
static int open_doors(struct scheduler *s, const struct settings *settings,
                      const struct access *access, struct error *err)
{
    if (!access_is_shared(settings))
        return 0;
    return spool_open_door(s->spool, access->enqueue, err);
}

/* Could it be taken? Nothing is touched yet. */
static int judge_fresh(const struct scheduler *s, struct setup **out, struct access *out_access,
                       struct error *err)
{
    const struct settings *old = s->setup->settings;
    int rc = setup_reload(&s->options->config, s->setup, out, err);
    if (rc != 0)
        return rc;
    struct settings *fresh = (*out)->settings;
    memcpy(fresh->token_key, old->token_key, sizeof(fresh->token_key));
    rc = refuse_restart(old, fresh, err);
    return rc == 0 ? access_load(fresh, out_access, err) : rc;
}

static int load_fresh(struct scheduler *s, struct setup **out, struct access *out_access,
                      struct error *err)
{
    int rc = judge_fresh(s, out, out_access, err);
    const struct settings *fresh = rc == 0 ? (*out)->settings : NULL;
    if (rc == 0)
        rc = open_doors(s, fresh, out_access, err);
    if (rc == 0)
        rc = api_process_use(&s->api, fresh, clock_mono_ms(), err);
    return rc;
}

static void keep_old(struct scheduler *s, const struct error *why)
{
    s->refused_config = *why;
    log_event(LOG_ERR, "config.kept", "reason=\"%s\" note=\"the old configuration stays in force\"",
              why->text);
}

static void take_fresh(struct scheduler *s, struct setup *fresh)
{
    struct setup *old = s->setup;
    s->setup = fresh;
    s->quiet_mono_ms = 0;
    log_set_level(fresh->settings->log_level);
    control_share(&s->control, access_is_shared(fresh->settings));
    dispatch_use(&s->dispatch, fresh);
    batch_intake_use(s->batches, fresh);
    setup_release(old);
    warn_about_missing_transports(s);
    letter_waits_forget(&s->letters);
    s->next_scan_mono_ms = 0;
    log_event(LOG_INFO, "config.reloaded", "file=%s generation=%d", fresh->settings->file,
              fresh->generation);
    setup_tell_letters(fresh);
}

/* A row for each letter with a mistake. */
static void put_letters(const struct setup *s, struct buf *out)
{
    struct library_fault f;
    for (size_t i = 0; library_fault_at(s->library, i, &f); i++) {
        buf_puts(out, "{\"v\":1,\"letter\":");
        buf_put_json(out, f.name);
        buf_printf(out, ",\"kept\":%s,\"reason\":", f.kept ? "true" : "false");
        buf_put_json(out, f.reason);
        buf_puts(out, "}\n");
    }
}

/* `changes` gets a row for each key, and for each letter with a mistake. */
static int reload(void *context, struct buf *changes, int *out_generation, struct error *err)
{
    struct scheduler *s = context;
    struct setup *fresh = NULL;
    struct access access;
    struct buf shown = {0};
    int rc = load_fresh(s, &fresh, &access, err);
    metrics_note_reload(rc == 0, clock_wall_ms());
    s->refused_config = (struct error){0};
    *out_generation = s->setup->generation;
    if (rc != 0) {
        keep_old(s, err);
        setup_release(fresh);
        return rc;
    }
    s->access = access;
    take_fresh(s, fresh);
    show_configuration(s, &shown);
    config_change_put(buf_text(&s->shown), buf_text(&shown), changes);
    put_letters(fresh, changes);
    buf_free(&s->shown);
    s->shown = shown;
    *out_generation = fresh->generation;
    return 0;
}

/* The same questions, and nothing is exchanged. */
static int preview_reload(void *context, struct buf *changes, struct error *err)
{
    const struct scheduler *s = context;
    struct setup *fresh = NULL;
    struct access access;
    struct buf shown = {0};
    int rc = judge_fresh(s, &fresh, &access, err);
    if (rc == 0) {
        show_configuration(s, &shown);
        config_change_put(buf_text(&s->shown), buf_text(&shown), changes);
        put_letters(fresh, changes);
    }
    buf_free(&shown);
    setup_release(fresh);
    return rc;
}

/* A level that was set for a while. */
static void tend_log_level(struct scheduler *s, int64_t mono_ms)
{
    if (s->quiet_mono_ms == 0 || mono_ms < s->quiet_mono_ms)
        return;
    s->quiet_mono_ms = 0;
    log_set_level(s->setup->settings->log_level);
}

/* ---- what is asked of it ---- */

static struct daemon_view look(struct scheduler *s)
{
    return (struct daemon_view){
        .settings = s->setup->settings,
        .library = s->setup->library,
        .spool = s->spool,
        .ledger = s->ledger,
        .batches = s->batches,
        .dispatch = &s->dispatch,
        .uptime_ms = clock_mono_ms() - s->started_mono_ms,
        .refused_config = s->refused_config.text,
        .stopping = s->stopping,
    };
}

static void put_state(void *context, struct buf *out)
{
    const struct daemon_view view = look(context);
    daemon_view_put(&view, out);
}

static void put_metrics(void *context, struct buf *out)
{
    const struct daemon_view view = look(context);
    daemon_view_put_metrics(&view, out);
}

static void put_checks(void *context, struct buf *out)
{
    const struct daemon_view view = look(context);
    daemon_view_put_checks(&view, out);
}

static bool find_rest(void *context, const char *transport, struct transport_rest *out)
{
    struct scheduler *s = context;
    return dispatch_find_rest(&s->dispatch, transport, clock_mono_ms(), clock_wall_ms(), out);
}

static bool end_rest(void *context, const struct retry_way *way, struct mending *out)
{
    struct scheduler *s = context;
    int64_t mono_ms = clock_mono_ms();
    if (!mending_find(&s->dispatch, way, mono_ms, clock_wall_ms(), out))
        return false;
    mending_try(&s->dispatch, way, mono_ms);
    return true;
}

static bool endpoint_rests(void *context, const char *name, int64_t *out_until_ms)
{
    struct scheduler *s = context;
    return mending_find_endpoint(&s->dispatch, name, clock_mono_ms(), clock_wall_ms(),
                                 out_until_ms);
}

static int use_endpoints(void *context, struct error *err)
{
    struct scheduler *s = context;
    return endpoints_load(&s->dispatch.endpoints, s->ledger, err);
}

static int use_stops(void *context, struct error *err)
{
    struct scheduler *s = context;
    return dispatch_use_stops(&s->dispatch, err);
}

static const char *waits_for_letter(void *context, const char *id)
{
    const struct scheduler *s = context;
    struct buf name = {0};
    buf_printf(&name, "%s.json", id);
    const char *reason = letter_waits_find(&s->letters, buf_text(&name));
    buf_free(&name);
    return reason != NULL ? reason : batch_intake_waits(s->batches, id);
}

static enum log_level set_log_level(void *context, enum log_level level, int64_t for_ms)
{
    struct scheduler *s = context;
    enum log_level was = log_level();
    s->quiet_mono_ms = clock_mono_ms() + for_ms;
    log_set_level(level);
    return was;
}

static void on_request(void *context, const struct control_client *client, const char *line,
                       size_t len, struct buf *out)
{
    struct scheduler *s = context;
    /* Whatever it asks, it sees what has been settled. */
    recorder_commit(&s->dispatch.recorder, clock_mono_ms());
    const struct request_daemon daemon = {
        .context = s,
        .setup = s->setup,
        .shelf = s->shelf,
        .refusals = &s->refusals,
        .records = !s->dispatch.recorder.down,
        .put_metrics = put_metrics,
        .put_checks = put_checks,
        .end_rest = end_rest,
        .endpoint_rests = endpoint_rests,
        .use_endpoints = use_endpoints,
        .use_stops = use_stops,
        .waits_for_letter = waits_for_letter,
        .reload = reload,
        .preview_reload = preview_reload,
        .set_log_level = set_log_level,
    };
    struct request_world world = {
        .ledger = s->ledger,
        .spool = s->spool,
        .settings = s->setup->settings,
        .who = client->who,
        .peer = &client->peer,
        .allowed = access_of(&s->access, s->setup->settings, &client->peer),
        .now_ms = clock_wall_ms(),
        .put_state = put_state,
        .state_context = s,
        .find_rest = find_rest,
        .rest_context = s,
        .daemon = &daemon,
    };
    struct setup *asked = setup_retain(s->setup); /* a reload takes another one */
    request_handle(&world, line, len, out);
    setup_release(asked);
}

static int open_all(struct scheduler *s, struct error *err)
{
    int rc = setup_load(&s->options->config, 1, &s->setup, err);
    if (rc != 0)
        return rc;
    log_set_level(s->setup->settings->log_level);
    events_listen();
    setup_tell_remarks(s->setup);
    setup_tell_letters(s->setup);
    metrics_note_reload(true, clock_wall_ms());
    rc = access_load(s->setup->settings, &s->access, err);
    if (rc == 0)
        rc = channel_global_init(err);
    if (rc == 0)
        rc = spool_open(s->setup->settings->spool, &s->spool, err);
    if (rc == 0)
        rc = spool_lock(s->spool, SPOOL_DAEMON, err);
    if (rc == 0)
        rc = open_doors(s, s->setup->settings, &s->access, err);
    if (rc == 0)
        rc = setup_take_key(s->setup, err);
    if (rc == 0)
        rc = open_signals(s, err);
    if (rc == 0)
        rc = open_ledger(s, err);
    if (rc == 0)
        rc = control_open(&s->control, s->setup->settings->control_socket, err);
    if (rc == 0)
        rc = api_process_use(&s->api, s->setup->settings, s->started_mono_ms, err);
    if (rc != 0)
        return rc;
    control_share(&s->control, access_is_shared(s->setup->settings));
    s->control.context = s;
    s->control.handle = on_request;
    open_watch(s);
    s->shelf = shelf_open(s->ledger, s->spool);
    dispatch_init(&s->dispatch, s->ledger, s->shelf, s->setup);
    rc = dispatch_use_stops(&s->dispatch, err);
    if (rc != 0)
        return rc;
    show_configuration(s, &s->shown);
    s->batches = batch_intake_open(s->spool, s->ledger, &s->dispatch.recorder);
    batch_intake_use(s->batches, s->setup);
    return 0;
}

static void close_all(struct scheduler *s)
{
    batch_intake_close(s->batches);
    if (s->dispatch.recorder.ledger != NULL)
        dispatch_end(&s->dispatch);
    shelf_close(s->shelf);
    if (s->control.path != NULL)
        control_close(&s->control);
    api_process_end(&s->api);
    ledger_close(s->ledger);
    spool_close(s->spool);
    setup_release(s->setup);
    letter_waits_forget(&s->letters);
    buf_free(&s->shown);
    if (s->signals >= 0)
        close(s->signals);
    if (s->watch >= 0)
        close(s->watch);
    free(s->fds);
}

/* ---- signals ---- */

static void begin_stop(struct scheduler *s, int64_t mono_ms)
{
    if (s->stopping) {
        log_event(LOG_WARN, "daemon.abort", "in_flight=%zu note=\"second signal\"",
                  pool_busy(&s->dispatch.pool));
        s->ended = true;
        return;
    }
    s->stopping = true;
    s->stop_at_mono_ms = mono_ms + s->setup->settings->shutdown_ms;
    log_event(LOG_INFO, "daemon.stopping", "in_flight=%zu", pool_busy(&s->dispatch.pool));
}

static void log_status(struct scheduler *s)
{
    struct buf state = {0};
    put_state(s, &state);
    log_event(LOG_INFO, "daemon.status", "state={%s}", state.len > 0 ? state.data + 1 : "");
    buf_free(&state);
}

/* Reading a configuration with all letters takes time, and somebody may ask again and again: at
 * least as long as it took, the daemon does its work before it reads once more. */
static void reload_by_signal(struct scheduler *s, int64_t mono_ms)
{
    struct buf changes = {0};
    struct error why;
    int generation;
    if (!s->reload_wanted || s->stopping || mono_ms < s->next_reload_mono_ms)
        return;
    int64_t began_ms = clock_mono_ms();
    s->reload_wanted = false;
    int rc UNUSED = reload(s, &changes, &generation, &why); /* the log tells */
    int64_t ended_ms = clock_mono_ms();
    s->next_reload_mono_ms = ended_ms + (ended_ms - began_ms);
    buf_free(&changes);
}

static void serve_signals(struct scheduler *s, int64_t mono_ms)
{
    struct signalfd_siginfo info;
    while (read(s->signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
        switch (info.ssi_signo) {
        case SIGTERM:
        case SIGINT:
            begin_stop(s, mono_ms);
            break;
        case SIGHUP:
            s->reload_wanted = true;
            break;
        case SIGUSR1:
            log_status(s);
            break;
        default:
            break; /* SIGCHLD: pool_tend() reaps */
        }
    }
}

/* ---- the loop ---- */

static void drain_watch(struct scheduler *s)
{
    char events[4096];
    bool any = false;
    while (read(s->watch, events, sizeof(events)) > 0)
        any = true;
    if (any && s->next_scan_mono_ms > s->least_scan_mono_ms)
        s->next_scan_mono_ms = s->least_scan_mono_ms;
}

static void scan(struct scheduler *s, int64_t mono_ms)
{
    struct intake_result result;
    struct error why;
    if (s->stopping || s->dispatch.recorder.down || mono_ms < s->next_scan_mono_ms)
        return;
    s->next_scan_mono_ms = mono_ms + s->setup->settings->rescan_ms;
    const struct intake_door door = {s->spool,   s->ledger, s->setup,
                                     s->batches, &s->full,  &s->letters};
    letter_waits_tend(&s->letters, mono_ms);
    int rc = intake_scan(&door, clock_wall_ms(), SCAN_LIMIT, &result, &why);
    if (rc != 0)
        log_event(LOG_ERR, "spool.scan", "reason=\"%s\"", why.text);
    int64_t ended_ms = clock_mono_ms();
    s->least_scan_mono_ms = ended_ms + (ended_ms - mono_ms);
    bool progress = rc == 0 && !result.stopped &&
                    result.counts.taken + result.counts.refused + result.remembered > 0;
    if (progress && result.more)
        s->next_scan_mono_ms = mono_ms;
    else if (rc != 0 || result.stopped || result.more || result.counts.later > 0)
        s->next_scan_mono_ms = mono_ms + SCAN_AGAIN_MS;
}

static void clean_tmp(struct scheduler *s, int64_t mono_ms)
{
    if (mono_ms < s->next_clean_mono_ms)
        return;
    spool_clean_tmp(s->spool, clock_wall_ms());
    s->next_clean_mono_ms = mono_ms + CLEAN_TMP_MS;
}

static bool has_steps_left(const struct scheduler *s)
{
    return clock_step_has_more(&s->clock) || releasing_has_more(&s->dispatch.releasing);
}

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static bool is_idle(const struct scheduler *s)
{
    return pool_busy(&s->dispatch.pool) == 0;
}

/* What the daemon does by itself while it is not stopping. Every time that counts here is moved by
 * the turn that serves it, or the loop would spin. */
static int64_t until_next_work_ms(const struct scheduler *s, int64_t mono_ms, int64_t wall_ms)
{
    int64_t wait = INT64_MAX;
    if (has_steps_left(s) && !s->dispatch.recorder.down)
        return 0;
    if (!s->dispatch.recorder.down)
        wait = smaller(s->next_scan_mono_ms, retention_next(&s->retention, is_idle(s))) - mono_ms;
    if (s->next_batch_mono_ms != INT64_MAX)
        wait = smaller(wait, s->next_batch_mono_ms - mono_ms);
    int64_t overdue_ms = ledger_next_overdue_ms(s->ledger);
    if (overdue_ms != INT64_MAX && !s->dispatch.recorder.down) {
        int64_t over = overdue_ms - wall_ms, again = s->next_overdue_mono_ms - mono_ms;
        wait = smaller(wait, over > again ? over : again);
    }
    if (s->next_due_wall_ms != INT64_MAX)
        wait = smaller(wait, s->next_due_wall_ms - wall_ms);
    if (s->dispatch.pool.count < s->dispatch.pool.wanted)
        wait = smaller(wait, s->dispatch.pool.next_fork_mono_ms - mono_ms);
    if (s->reload_wanted)
        wait = smaller(wait, s->next_reload_mono_ms - mono_ms);
    return wait;
}

static int wait_ms(const struct scheduler *s, int64_t mono_ms, int64_t wall_ms)
{
    int64_t wait =
        s->stopping ? s->stop_at_mono_ms - mono_ms : until_next_work_ms(s, mono_ms, wall_ms);
    wait = smaller(wait, pool_next_deadline(&s->dispatch.pool) - mono_ms);
    wait = smaller(wait, recorder_next(&s->dispatch.recorder) - mono_ms);
    if (wait < 0)
        wait = 0;
    /* Times due come from the wall clock, which may jump: never sleep past one second blindly. */
    return (int)smaller(wait, 1000);
}

/* While outcomes wait for others to be committed with, a wake-up for each of those would only cost;
 * but a worker at the end of its packet waits for us. */
static void nap(const struct scheduler *s, int64_t mono_ms)
{
    int64_t until_ms = recorder_gathers_until(&s->dispatch.recorder);
    if (until_ms == INT64_MAX || until_ms <= mono_ms || pool_expects_end(&s->dispatch.pool))
        return;
    const struct timespec nap = {.tv_nsec = (until_ms - mono_ms) * 1000000};
    nanosleep(&nap, NULL);
}

static void wait_for_events(struct scheduler *s, int timeout_ms, int64_t *out_mono_ms)
{
    size_t most = 2 + CONTROL_CLIENTS_MAX + 1 + 1 + s->dispatch.pool.count;
    s->fds = xreallocarray(s->fds, most, sizeof(*s->fds));
    s->fds[0] = (struct pollfd){.fd = s->signals, .events = POLLIN};
    s->fds[1] = (struct pollfd){.fd = s->watch, .events = POLLIN};
    struct pollfd *control = s->fds + 2;
    struct pollfd *reader = control + control_poll(&s->control, control);
    size_t readers = s->stopping ? 0 : batch_intake_poll(s->batches, reader);
    struct pollfd *workers = reader + readers;
    size_t total = (size_t)(workers - s->fds) + pool_poll(&s->dispatch.pool, workers);
    nap(s, *out_mono_ms);
    int ready = poll(s->fds, (nfds_t)total, timeout_ms);
    *out_mono_ms = clock_mono_ms();
    if (ready <= 0)
        return;
    pool_serve(&s->dispatch.pool, workers);
    recorder_tend(&s->dispatch.recorder, *out_mono_ms);
    if (readers > 0)
        batch_intake_serve(s->batches, reader, clock_wall_ms());
    control_serve(&s->control, control);
    if ((s->fds[0].revents & POLLIN) != 0)
        serve_signals(s, *out_mono_ms);
    if ((s->fds[1].revents & POLLIN) != 0)
        drain_watch(s);
}

/* Outcomes that stand in memory only keep a stopping daemon as what is in flight does. */
static void check_end(struct scheduler *s, int64_t mono_ms)
{
    size_t busy = pool_busy(&s->dispatch.pool);
    size_t unrecorded = s->dispatch.recorder.unrecorded_count;
    if (!s->stopping || s->ended)
        return;
    if (busy == 0 && unrecorded == 0) {
        s->ended = true;
    } else if (mono_ms >= s->stop_at_mono_ms) {
        log_event(LOG_WARN, "daemon.timeout",
                  "in_flight=%zu unrecorded=%zu note=\"not finished within the shutdown limit; "
                  "ended now\"",
                  busy, unrecorded);
        s->ended = true;
    }
}

/* Nothing of it is lost if it fails: the reports stay parked. */
static void book_parked(struct scheduler *s, int64_t mono_ms)
{
    const struct receiving to = {.ledger = s->ledger,
                                 .setup = s->setup,
                                 .shelf = s->shelf,
                                 .refusals = &s->refusals,
                                 .now_ms = clock_wall_ms()};
    struct error why;
    bool more = false;
    if (mono_ms < s->next_parked_mono_ms || s->dispatch.recorder.down)
        return;
    recorder_commit(&s->dispatch.recorder, mono_ms);
    if (!s->dispatch.recorder.down && receive_parked(&to, &more, &why) != 0)
        recorder_ledger_failed(&s->dispatch.recorder, &why);
    s->next_parked_mono_ms = more ? mono_ms : mono_ms + PARKED_MS;
}

/* Channels that took too long: the next one's turn. */
static void escalate(struct scheduler *s, int64_t mono_ms, int64_t wall_ms)
{
    struct escalating to = {.recorder = &s->dispatch.recorder,
                            .shelf = s->shelf,
                            .setup = s->setup,
                            .untold = &s->untold,
                            .now_ms = wall_ms};
    if (mono_ms < s->next_overdue_mono_ms || clock_step_is_shifting(&s->clock) ||
        s->dispatch.recorder.down || ledger_next_overdue_ms(s->ledger) > to.now_ms)
        return;
    recorder_commit(&s->dispatch.recorder, mono_ms);
    bool again = !s->dispatch.recorder.down && escalate_some(&to);
    s->next_overdue_mono_ms = again ? mono_ms : mono_ms + OVERDUE_AGAIN_MS;
}

static void work(struct scheduler *s, int64_t mono_ms, int64_t wall_ms)
{
    api_process_tend(&s->api, mono_ms);
    pool_fill(&s->dispatch.pool, (size_t)s->setup->settings->workers, s->setup, mono_ms);
    clock_step_serve(&s->clock, &s->dispatch.recorder, mono_ms, wall_ms);
    releasing_step(&s->dispatch.releasing, &s->dispatch.recorder, mono_ms, clock_wall_ms());
    book_parked(s, mono_ms);
    escalate(s, mono_ms, wall_ms);
    s->next_due_wall_ms = dispatch_run(&s->dispatch, mono_ms, clock_wall_ms());
    s->next_batch_mono_ms = batch_intake_tend(s->batches, mono_ms, clock_wall_ms());
    if (!s->dispatch.recorder.down && retention_is_due(&s->retention, is_idle(s), mono_ms))
        retention_step(&s->retention, s->ledger, s->spool, s->setup->settings, mono_ms,
                       clock_wall_ms());
}

static void turn(struct scheduler *s)
{
    int64_t mono = clock_mono_ms();
    wait_for_events(s, wait_ms(s, mono, clock_wall_ms()), &mono);
    pool_tend(&s->dispatch.pool, mono);
    recorder_tend(&s->dispatch.recorder, mono);
    int64_t wall = clock_wall_ms();
    clock_step_watch(&s->clock, clock_mono_ms(), wall);
    tend_log_level(s, mono);
    reload_by_signal(s, mono);
    clean_tmp(s, mono);
    scan(s, mono);
    if (!s->stopping)
        work(s, mono, wall);
    check_end(s, mono);
}

int scheduler_run(const struct scheduler_options *options, struct error *err)
{
    struct scheduler s = {
        .options = options,
        .signals = -1,
        .watch = -1,
        .control = {.listener = -1},
        .started_mono_ms = clock_mono_ms(),
        .next_due_wall_ms = INT64_MAX,
        .next_batch_mono_ms = INT64_MAX,
    };
    log_set_process("scheduler");
    /* Letters and secrets in a core file would outlive their retention. */
    prctl(PR_SET_DUMPABLE, 0);
    api_process_init(&s.api, &options->config);
    int rc = open_all(&s, err);
    if (rc == 0) {
        log_event(LOG_INFO, "daemon.ready", "version=%s spool=%s workers=%d trial=%s",
                  DISPATCHER_VERSION, s.setup->settings->spool, s.setup->settings->workers,
                  s.setup->settings->trial ? "yes" : "no");
        while (!s.ended)
            turn(&s);
        log_event(LOG_INFO, "daemon.ended", "uptime_ms=%lld",
                  (long long)(clock_mono_ms() - s.started_mono_ms));
    }
    close_all(&s);
    return rc;
}
