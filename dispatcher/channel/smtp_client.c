#include "channel/smtp_client.h"

#include <errno.h>
#include <netdb.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <auth-client.h>
#include <libesmtp.h>

#include "base/alloc.h"
#include "base/attributes.h"
#include "base/buf.h"
#include "channel/smtp_dial.h"
#include "channel/smtp_monitor.h"
#include "channel/smtp_trust.h"
#include "channel/smtp_verdict.h"

/* libesmtp.h declares it only where <openssl/ssl.h> was included, and that is smtp_trust.c's. */
int smtp_starttls_set_ctx(smtp_session_t session, struct ssl_ctx_st *context);

/* smtp_set_timeout() takes milliseconds, whatever its manual says, and no fewer than these. */
#define TIMEOUT_FLOOR_MS 1000
#define CLOCK_SLACK_MS   50 /* between the library's clock and ours */
/*
 * Bytes per call of read_message(). The library's write buffer holds 2048: no call is further from
 * the next than two writes, which is how a stall is seen.
 */
#define CHUNK 2048
/* How often the peer is looked at while a large mail leaves, in bytes; it always is at the end. */
#define LOOK_EVERY (16 * CHUNK)
/* How stale the library's limits may be. */
#define LIMITS_STEP_MS 100

struct run;

struct slot {
    struct run *run;
    const struct smtp_mail *mail;
    size_t index;
    smtp_message_t message;
    smtp_recipient_t recipient;
    size_t handed; /* bytes given to the library */
    bool started;
    bool ended;           /* its end was given to the library */
    bool told;            /* the observer knows the outcome */
    int64_t last_call_ms; /* when bytes were asked for last */
};

struct run {
    const struct smtp_route *route;
    const struct smtp_observer *observer;
    struct slot *slots;
    size_t count;
    struct slot *current; /* whose data was asked for last */
    smtp_session_t session;
    auth_context_t auth;
    struct smtp_monitor monitor;
    struct smtp_dial dial;
    int64_t start_ms;
    int64_t last_heard_ms; /* or written: the peer is silent since */
    int64_t limits_ms;     /* when the library was told its timeouts last */
    long patience_ms;      /* the shortest of the library's timeouts */
    long transfer_ms;
    bool connected;
    bool no_starttls;
    struct smtp_sight sight;
};

void smtp_client_init(void)
{
    signal(SIGPIPE, SIG_IGN);                    /* the library writes to closed connections */
    setenv("XDG_CONFIG_DIR", "/nonexistent", 1); /* or it looks for client certificates at home */
    auth_client_init();
}

static int64_t now(const struct run *run)
{
    return run->observer->now_ms(run->observer->context);
}

/* ---- time ----
 *
 *   0 ------------- 1/2 ---------------------- 7/8 ---- 1   of the session's deadline
 *   login must be through | mails                |       killed
 *
 * The library only knows how long to wait for one answer, and only reads those limits when it sends
 * the next command: they are shortened as the end comes nearer. A peer that drips is cut by the
 * dial's deadline, at its next byte.
 */

static int64_t session_end_ms(const struct run *run)
{
    return run->start_ms + run->route->deadline_ms * 7 / 8;
}

static long at_most(int64_t wanted_ms, int64_t left_ms)
{
    int64_t ms = wanted_ms < left_ms ? wanted_ms : left_ms;
    return (long)(ms < TIMEOUT_FLOOR_MS ? TIMEOUT_FLOOR_MS : ms);
}

static void set_timeouts(struct run *run)
{
    static const struct {
        int which;
        int64_t share; /* of the deadline, as 1/share */
    } limits[] = {{Timeout_GREETING, 4},
                  {Timeout_ENVELOPE, 4},
                  {Timeout_DATA, 4},
                  {Timeout_TRANSFER, 2},
                  {Timeout_DATA2, 2}};
    run->limits_ms = now(run);
    int64_t left_ms = session_end_ms(run) - run->limits_ms;
    for (size_t i = 0; i < COUNT_OF(limits); i++) {
        long ms = at_most(run->route->deadline_ms / limits[i].share, left_ms);
        smtp_set_timeout(run->session, limits[i].which | Timeout_OVERRIDE_RFC2822_MINIMUM, ms);
        if (limits[i].which == Timeout_TRANSFER)
            run->transfer_ms = ms;
        run->patience_ms = i == 0 || ms < run->patience_ms ? ms : run->patience_ms;
    }
}

/* Dozens of times per mail somebody has a reason to; the clock tells when it makes a difference. */
static void refresh_timeouts(struct run *run)
{
    int64_t age_ms = now(run) - run->limits_ms;
    if (age_ms < 0 || age_ms >= LIMITS_STEP_MS)
        set_timeouts(run);
}

/* ---- what the library asks for: the login and the mail ---- */

static int on_login(auth_client_request_t request, char **result, int fields, void *arg)
{
    const struct smtp_route *route = ((const struct run *)arg)->route;
    for (int i = 0; i < fields; i++) {
        const char *value = (request[i].flags & AUTH_PASS) != 0   ? route->password
                            : (request[i].flags & AUTH_USER) != 0 ? route->user
                                                                  : NULL;
        result[i] = (char *)(uintptr_t)value; /* copied at once by the mechanisms */
    }
    return 1;
}

/*
 * A write that times out loses its 2 KB and the library goes on: the mail would arrive with a hole
 * and be accepted. So whoever comes back late gets nothing more. (The final dot cannot follow a
 * hole either: no line of ours starts with a dot, and what is left behind the last call is shorter
 * than one write.) A tenth is for a clock that is being set while we measure.
 */
static bool came_late(const struct slot *slot)
{
    int64_t passed_ms = now(slot->run) - slot->last_call_ms;
    return passed_ms < 0 || passed_ms >= slot->run->transfer_ms * 9 / 10;
}

static const char *stop_sending(int *len)
{
    *len = 0;
    errno = ETIMEDOUT; /* makes the library drop the connection without the final dot */
    return "";
}

static const char *end_data(struct slot *slot, int *len)
{
    slot->ended = true;
    smtp_monitor_data_ended(&slot->run->monitor);
    refresh_timeouts(slot->run);
    *len = 0;
    errno = 0;
    return "";
}

static void start_data(struct slot *slot)
{
    slot->started = true;
    slot->run->current = slot;
    slot->last_call_ms = now(slot->run);
    slot->run->observer->started(slot->run->observer->context, slot->index);
}

/* `len` NULL: from the beginning. The context stays NULL: the library would free it. */
static const char *read_message(void **context, int *len, void *arg)
{
    (void)context;
    struct slot *slot = arg;
    if (len == NULL) {
        slot->handed = 0;
        return NULL;
    }
    if (!slot->started)
        start_data(slot);
    size_t left = slot->mail->len - slot->handed;
    bool look = left == 0 || slot->handed % LOOK_EVERY == LOOK_EVERY - CHUNK;
    if (!smtp_dial_may_go_on(&slot->run->dial) || (look && !smtp_dial_is_quiet(&slot->run->dial)))
        return stop_sending(len);
    if (came_late(slot)) {
        smtp_dial_cut(&slot->run->dial, "timeout");
        return stop_sending(len);
    }
    slot->last_call_ms = now(slot->run);
    slot->run->last_heard_ms = slot->last_call_ms;
    smtp_dial_limit_stall(&slot->run->dial);
    if (left == 0)
        return end_data(slot, len);
    const char *bytes = slot->mail->bytes + slot->handed;
    *len = (int)(left < CHUNK ? left : CHUNK);
    slot->handed += (size_t)*len;
    errno = 0; /* the library looks at it where the header ends */
    return bytes;
}

/* ---- what the library tells ---- */

static struct smtp_answer as_answer(const smtp_status_t *status, const struct smtp_reply *reply)
{
    struct smtp_answer a = {0, "", 0};
    if (status == NULL || status->code == 0)
        return a;
    a.code = status->code;
    if (reply != NULL &&
        reply->code == status->code) { /* the whole text with the enhanced code in front */
        a.text = reply->text;
        a.len = reply->len;
    } else if (status->text != NULL) {
        a.text = status->text;
        a.len = strcspn(status->text, "\r\n");
    }
    return a;
}

/*
 * The monitor has the text of the answers to the mail of this very moment only; the library has all
 * codes, and the text of those it liked.
 */
static struct smtp_facts facts_of(const struct run *run, const struct slot *slot,
                                  bool of_this_moment)
{
    const struct smtp_reply *r = of_this_moment ? run->monitor.replies : NULL;
    const struct smtp_reply *data =
        r == NULL ? NULL : &r[slot->ended ? SMTP_STAGE_END : SMTP_STAGE_DATA];
    return (struct smtp_facts){
        .mail = as_answer(smtp_reverse_path_status(slot->message),
                          r == NULL ? NULL : &r[SMTP_STAGE_MAIL]),
        .rcpt = as_answer(smtp_recipient_status(slot->recipient),
                          r == NULL ? NULL : &r[SMTP_STAGE_RCPT]),
        .data = as_answer(smtp_message_transfer_status(slot->message), data),
        .whole_line = of_this_moment && run->monitor.replies[SMTP_STAGE_END].line,
        .ended = slot->ended,
    };
}

static void tell(const struct run *run, struct slot *slot, bool of_this_moment,
                 const struct smtp_end *end)
{
    struct smtp_facts facts = facts_of(run, slot, of_this_moment);
    struct disposition d;
    if (slot->told || !smtp_judge(&facts, end, &d))
        return;
    slot->told = true;
    run->observer->done(run->observer->context, slot->index, &d);
}

static void on_mail_event(struct run *run, struct slot *slot)
{
    tell(run, slot, true, NULL);
    refresh_timeouts(run);
    smtp_dial_may_go_on(&run->dial); /* no next command after the end of our time */
}

static void reset_monitor(struct run *run)
{
    smtp_monitor_reset(&run->monitor, run->route->user != NULL, run->route->trust != NULL);
    run->monitor.may_pipeline = run->route->pipelining;
}

/* Who answered: the connection is closed when the session has ended. */
static void note_peer(struct run *run)
{
    struct sockaddr_storage peer;
    socklen_t len = sizeof(peer);
    if (run->observer->seen == NULL || run->dial.fd < 0 ||
        getpeername(run->dial.fd, (struct sockaddr *)&peer, &len) != 0)
        return;
    getnameinfo((struct sockaddr *)&peer, len, run->sight.address, sizeof(run->sight.address), NULL,
                0, NI_NUMERICHOST);
}

static void on_event(smtp_session_t session, int event, void *arg, ...)
{
    struct run *run = arg;
    va_list args;
    (void)session;
    va_start(args, arg);
    if (event == SMTP_EV_CONNECT) {
        reset_monitor(run);
        run->connected = true;
        run->last_heard_ms = now(run);
        note_peer(run);
    } else if (event == SMTP_EV_MAILSTATUS) {
        (void)va_arg(args, const char *);
        on_mail_event(run, smtp_message_get_application_data(va_arg(args, smtp_message_t)));
    } else if (event == SMTP_EV_RCPTSTATUS) {
        (void)va_arg(args, const char *);
        on_mail_event(run, smtp_recipient_get_application_data(va_arg(args, smtp_recipient_t)));
    } else if (event == SMTP_EV_MESSAGESENT) {
        on_mail_event(run, smtp_message_get_application_data(va_arg(args, smtp_message_t)));
    } else if (event == SMTP_EV_STARTTLS_OK) {
        run->monitor.has_tls = true;
    } else if (event == SMTP_EV_EXTNA_STARTTLS) {
        run->no_starttls = true;
    } else if (event == SMTP_EV_WRONG_PEER_CERTIFICATE) {
        int *good = va_arg(args, int *);
        (void)va_arg(args, const char *);
        *good = smtp_trust_peer_is_good(run->route->trust, va_arg(args, void *));
    } else if (event == SMTP_EV_DISCONNECT) {
        run->dial.fd = -1; /* closed: the number may be another file's by now */
    }
    va_end(args);
}

/* Called with the live buffers of the library: before what was read is looked at, before what was
 * written leaves. */
static void on_bytes(const char *bytes, int len, int writing, void *arg)
{
    struct run *run = arg;
    size_t size = len > 0 ? (size_t)len : 0;
    bool good = writing ? smtp_monitor_writing(&run->monitor, bytes, size)
                        : smtp_monitor_reading(&run->monitor, (char *)(uintptr_t)bytes, size);
    run->last_heard_ms = now(run);
    if (writing && run->monitor.stage == SMTP_STAGE_MAIL)
        run->dial.deadline_ms = session_end_ms(run);
    if (!good)
        smtp_dial_cut(&run->dial, run->monitor.violation);
    smtp_dial_may_go_on(&run->dial);
}

/* ---- one session ---- */

static void set_login(struct run *run)
{
    run->auth = auth_create_context();
    auth_set_mechanism_flags(run->auth, AUTH_PLUGIN_PLAIN,
                             0); /* PLAIN and LOGIN are off otherwise */
    auth_set_interact_cb(run->auth, on_login, run);
    smtp_auth_set_context(run->session, run->auth);
}

static void set_tls(struct run *run)
{
    if (run->route->trust == NULL) {
        smtp_starttls_enable(run->session, Starttls_DISABLED);
        return;
    }
    smtp_trust_begin(run->route->trust, &run->dial);
    smtp_starttls_enable(run->session, Starttls_REQUIRED);
    smtp_starttls_set_ctx(run->session, smtp_trust_context(run->route->trust));
}

static void set_server(struct run *run)
{
    struct buf host_port = {0};
    buf_printf(&host_port, "%s:%d", run->route->host, run->route->port);
    smtp_set_server(run->session, host_port.data); /* keeps a copy */
    buf_free(&host_port);
}

static void open_session(struct run *run)
{
    run->session = smtp_create_session();
    set_server(run);
    smtp_set_hostname(run->session, run->route->helo_name);
    smtp_set_eventcb(run->session, on_event, run);
    smtp_set_monitorcb(run->session, on_bytes, run, 0);
    /*
     * A refused recipient then ends its mail at once, instead of by an empty DATA; but the library
     * waits for the answer to RCPT before it writes DATA.
     */
    smtp_option_require_all_recipients(run->session, !run->route->pipelining);
    set_tls(run);
    if (run->route->user != NULL)
        set_login(run);
    set_timeouts(run);
}

/* RFC 3461. The library leaves all this out where the server does not offer it. */
static void ask_for_reports(struct slot *slot)
{
    smtp_dsn_set_ret(slot->message, Ret_HDRS);
    smtp_dsn_set_envid(slot->message, slot->mail->envelope_id);
    smtp_dsn_set_notify(slot->recipient, Notify_FAILURE | Notify_DELAY);
    smtp_dsn_set_orcpt(slot->recipient, "rfc822", slot->mail->recipient);
}

static void add_mail(struct run *run, struct slot *slot)
{
    slot->message = smtp_add_message(run->session);
    smtp_message_set_application_data_release(slot->message, slot, NULL);
    smtp_set_reverse_path(slot->message, slot->mail->sender);
    smtp_size_set_estimate(slot->message, slot->mail->len);
    smtp_set_messagecb(slot->message, read_message, slot);
    slot->recipient = smtp_add_recipient(slot->message, slot->mail->recipient);
    smtp_recipient_set_application_data_release(slot->recipient, slot, NULL);
    if (slot->mail->envelope_id != NULL)
        ask_for_reports(slot);
}

/* NULL unless the session failed because the host's name was not found. */
static const char *name_problem(const struct run *run, char *text, size_t size)
{
    int code = smtp_errno();
    bool about_names = code >= SMTP_ERR_EAI_ADDRFAMILY && code <= SMTP_ERR_EAI_NONAME;
    if (run->connected || run->dial.problem != 0 || !about_names)
        return NULL;
    return smtp_strerror(code, text, size);
}

static bool timed_out(const struct run *run)
{
    bool by_the_clock = run->dial.cut != NULL && run->monitor.violation == NULL;
    return by_the_clock || now(run) - run->last_heard_ms >= run->patience_ms - CLOCK_SLACK_MS;
}

static void finish(struct run *run)
{
    char text[160] = "";
    struct smtp_end end = {
        .dial_problem = run->dial.problem,
        .connected = run->connected,
        .timed_out = timed_out(run),
        .name_problem = name_problem(run, text, sizeof(text)),
        .no_starttls = run->no_starttls,
        .tls_problem = run->route->trust != NULL ? smtp_trust_end(run->route->trust) : NULL,
        .monitor = &run->monitor,
    };
    for (size_t i = 0; i < run->count; i++)
        tell(run, &run->slots[i], &run->slots[i] == run->current, &end);
}

static void show(struct run *run)
{
    const struct smtp_route *route = run->route;
    struct smtp_sight *sight = &run->sight;
    if (run->observer->seen == NULL)
        return;
    sight->host = route->host;
    sight->port = route->port;
    if (route->trust != NULL) {
        const struct smtp_trust_sight *tls = smtp_trust_seen(route->trust);
        snprintf(sight->tls, sizeof(sight->tls), "%s", tls->version);
        snprintf(sight->certificate, sizeof(sight->certificate), "%s", tls->certificate);
    }
    snprintf(sight->mechanism, sizeof(sight->mechanism), "%s", run->monitor.mechanism);
    sight->logged_in = run->monitor.logged_in;
    run->observer->seen(run->observer->context, sight);
}

static void close_session(struct run *run)
{
    smtp_destroy_session(run->session);
    if (run->auth != NULL)
        auth_destroy_context(run->auth);
    free(run->slots);
}

static int connect_limit_ms(const struct smtp_route *route)
{
    int64_t wanted_ms =
        route->connect_limit_ms > 0 ? route->connect_limit_ms : route->deadline_ms / 8;
    return (int)at_most(wanted_ms, route->deadline_ms / 2);
}

void smtp_client_run(const struct smtp_route *route, const struct smtp_mail *mails, size_t count,
                     const struct smtp_observer *observer)
{
    struct run run = {.route = route, .observer = observer, .count = count};
    run.slots = xcalloc(count, sizeof(*run.slots));
    run.start_ms = run.last_heard_ms = now(&run);
    run.dial = (struct smtp_dial){
        .limit_ms = connect_limit_ms(route),
        .stand_in = route->stand_in,
        .now_ms = observer->now_ms,
        .context = observer->context,
        .deadline_ms = run.start_ms + route->deadline_ms / 2,
    };
    reset_monitor(&run);
    open_session(&run);
    for (size_t i = 0; i < count; i++) {
        run.slots[i] = (struct slot){.run = &run, .mail = &mails[i], .index = i};
        add_mail(&run, &run.slots[i]);
    }
    smtp_dial_begin(&run.dial);
    (void)smtp_start_session(run.session); /* its result says nothing: mails are asked one by one */
    smtp_dial_end();
    finish(&run);
    show(&run);
    close_session(&run);
}
