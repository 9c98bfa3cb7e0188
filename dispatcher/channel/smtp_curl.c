#include "channel/smtp_curl.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <curl/curl.h>

#include "base/alloc.h"
#include "base/attributes.h"
#include "base/buf.h"
#include "channel/smtp_monitor.h"
#include "channel/smtp_trust.h"
#include "channel/smtp_verdict.h"

/*
 * libcurl sends one mail per transfer and keeps the connection for the next. Who says what is
 * followed through its debug function, line by line, by the monitor that watches libesmtp too; it
 * is told of a command when that has left, so what must not go on is cut behind it:
 *
 *   EHLO    libcurl goes on without a login where none is offered: cut before MAIL
 *   data    the end is handed out only while the connection stands
 *   QUIT    libcurl would wait for the answer, outside of all its limits: we stop listening
 *
 * The limits of time are ours: libcurl's own leave out the QUIT and make no difference between
 * connecting and logging in. Its response code is only the last reply, whatever it was about, so
 * it is never asked for: a mail counts as delivered when the transfer was a success *and* the
 * answer to the final dot was read.
 */

#define SOCKETS_MAX 8    /* addresses of one host tried at once: libcurl tries two */
#define PIECE       512  /* of a line, for the monitor */
#define WAIT_MS     1000 /* a lost wake-up would cost this much */
#define GRACE_MS    200  /* how long libcurl may take to see that it was cut */
#define GRACES      10

struct run {
    const struct smtp_route *route;
    const struct smtp_observer *observer;
    CURLM *multi;
    CURL *easy;
    char detail[CURL_ERROR_SIZE];
    int64_t start_ms;

    /* of the connection */
    struct smtp_monitor monitor;
    int sockets[SOCKETS_MAX];
    size_t socket_count;
    bool opened, connected;
    int64_t opened_ms;

    /* of the mail under way */
    const struct smtp_mail *mail;
    size_t index;
    size_t handed;
    bool started, ended;
    int64_t last_event_ms;

    bool cut; /* for good */
    bool timed_out;
    CURLcode result; /* of the last transfer */
};

static int64_t now(const struct run *run)
{
    return run->observer->now_ms(run->observer->context);
}

/* ---- cutting ---- */

static void shut(const struct run *run, int how)
{
    for (size_t i = 0; i < run->socket_count; i++)
        shutdown(run->sockets[i], how);
}

static void cut(struct run *run)
{
    run->cut = true;
    shut(run, SHUT_RDWR);
}

static bool has_peer(const struct run *run)
{
    struct sockaddr_storage address;
    for (size_t i = 0; i < run->socket_count; i++) {
        socklen_t len = sizeof(address);
        if (getpeername(run->sockets[i], (struct sockaddr *)&address, &len) == 0)
            return true;
    }
    return false;
}

/* Has the peer closed, or the network broken, while it was our turn? */
static bool has_gone(const struct run *run)
{
    for (size_t i = 0; i < run->socket_count; i++) {
        struct pollfd peer = {.fd = run->sockets[i], .events = POLLRDHUP};
        if (poll(&peer, 1, 0) != 0)
            return true;
    }
    return run->socket_count == 0;
}

/* ---- time: as in smtp_client.c ----
 *
 *   0 ------------- 1/2 ---------------------- 7/8 ---- 1   of the session's deadline
 *   login must be through | mails                |       killed
 */

static int64_t connect_end_ms(const struct run *run)
{
    const struct smtp_route *r = run->route;
    bool trying = run->opened && !run->connected;
    return trying && r->connect_limit_ms > 0 ? run->opened_ms + r->connect_limit_ms : INT64_MAX;
}

static int64_t silence_end_ms(const struct run *run)
{
    bool mail_leaves = run->started; /* or has left: the answer to the dot takes longest */
    return run->last_event_ms + run->route->deadline_ms / (mail_leaves ? 2 : 4);
}

static int64_t session_end_ms(const struct run *run)
{
    return run->start_ms + run->route->deadline_ms * 7 / 8;
}

static int64_t login_end_ms(const struct run *run)
{
    bool logged_in = run->index > 0 || run->monitor.stage >= SMTP_STAGE_MAIL;
    return logged_in ? INT64_MAX : run->start_ms + run->route->deadline_ms / 2;
}

static int64_t end_ms(const struct run *run)
{
    const int64_t ends[] = {connect_end_ms(run), login_end_ms(run), silence_end_ms(run),
                            session_end_ms(run)};
    int64_t first = ends[0];
    for (size_t i = 1; i < COUNT_OF(ends); i++)
        first = ends[i] < first ? ends[i] : first;
    return first;
}

/* False when time is over: the session is cut then. */
static bool may_go_on(struct run *run)
{
    run->connected = run->connected || has_peer(run);
    if (!run->cut && now(run) >= end_ms(run)) {
        run->timed_out = true;
        cut(run);
    }
    return !run->cut;
}

/* ---- sockets ---- */

static curl_socket_t on_open(void *arg, curlsocktype purpose UNUSED, struct curl_sockaddr *address)
{
    struct run *run = arg;
    if (run->cut || run->socket_count == SOCKETS_MAX)
        return CURL_SOCKET_BAD;
    int fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    if (fd < 0)
        return CURL_SOCKET_BAD;
    smtp_monitor_reset(&run->monitor, run->route->user != NULL, run->route->trust != NULL);
    run->sockets[run->socket_count++] = fd;
    run->connected = false;
    run->opened = true;
    run->opened_ms = now(run);
    return fd;
}

static int on_close(void *arg, curl_socket_t fd)
{
    struct run *run = arg;
    for (size_t i = 0; i < run->socket_count; i++) {
        if (run->sockets[i] == fd) {
            run->sockets[i] = run->sockets[--run->socket_count];
            break;
        }
    }
    return close(fd);
}

/* ---- what is said ---- */

static void on_written(struct run *run, const char *bytes, size_t len)
{
    struct smtp_monitor *m = &run->monitor;
    if (m->stage == SMTP_STAGE_STARTTLS && m->replies[SMTP_STAGE_STARTTLS].code == 220)
        m->has_tls = true; /* or libcurl would not go on */
    if (!smtp_monitor_writing(m, bytes, len))
        cut(run);
    else if (m->stage == SMTP_STAGE_QUIT)
        shut(run, SHUT_RD);
}

static void refuse(struct run *run, const char *violation)
{
    run->monitor.violation = violation;
    cut(run);
}

/* After a whole reply. */
static void check_reply(struct run *run)
{
    struct smtp_monitor *m = &run->monitor;
    if (m->replies[m->stage].code == 0) {
        refuse(run, "the server's answer is none of SMTP");
    } else if (m->stage == SMTP_STAGE_EHLO && m->needs_login && !m->offers_login &&
               m->has_tls == m->needs_tls && m->replies[m->stage].code / 100 == 2) {
        m->before = SMTP_STAGE_MAIL; /* what libcurl would do next */
        refuse(run, "no mail without a login");
    }
}

static void on_read(struct run *run, const char *bytes, size_t len)
{
    struct smtp_monitor *m = &run->monitor;
    if (m->stage == SMTP_STAGE_GREETING && run->route->implicit_tls)
        m->has_tls = true;
    for (size_t at = 0; at < len && !run->cut; at += PIECE) {
        char piece[PIECE];
        size_t size = len - at < PIECE ? len - at : PIECE;
        memcpy(piece, bytes + at, size); /* the monitor changes what it reads */
        if (!smtp_monitor_reading(m, piece, size))
            cut(run);
    }
    if (!run->cut && m->replies[m->stage].whole)
        check_reply(run);
}

static int on_debug(CURL *easy UNUSED, curl_infotype type, char *bytes, size_t len, void *arg)
{
    struct run *run = arg;
    if (type != CURLINFO_HEADER_IN && type != CURLINFO_HEADER_OUT)
        return 0;
    run->connected = true;
    run->last_event_ms = now(run);
    if (type == CURLINFO_HEADER_OUT)
        on_written(run, bytes, len);
    else
        on_read(run, bytes, len);
    return 0;
}

static size_t end_data(struct run *run)
{
    if (has_gone(run))
        return CURL_READFUNC_ABORT;
    run->ended = true;
    smtp_monitor_data_ended(&run->monitor);
    return 0;
}

static size_t read_mail(char *out, size_t size, size_t count, void *arg)
{
    struct run *run = arg;
    size_t left = run->mail->len - run->handed;
    size_t room = size * count;
    if (!may_go_on(run))
        return CURL_READFUNC_ABORT;
    if (!run->started)
        run->observer->started(run->observer->context, run->index);
    run->started = true;
    run->last_event_ms = now(run);
    if (left == 0)
        return end_data(run);
    size_t taken = left < room ? left : room;
    memcpy(out, run->mail->bytes + run->handed, taken);
    run->handed += taken;
    return taken;
}

/* While libcurl waits for the answer to the final dot it does not return, but asks each second. */
static int on_progress(void *arg, curl_off_t a UNUSED, curl_off_t b UNUSED, curl_off_t c UNUSED,
                       curl_off_t d UNUSED)
{
    return !may_go_on(arg);
}

/* Replies come here too, and must not go to standard output. */
static size_t drop_bytes(char *bytes UNUSED, size_t size, size_t count, void *arg UNUSED)
{
    return size * count;
}

/* ---- settings ---- */

static void set_number(struct run *run, CURLoption option, long value)
{
    CURLcode rc = curl_easy_setopt(run->easy, option, value);
    assert(rc == CURLE_OK);
    (void)rc;
}

static void set_text(struct run *run, CURLoption option, const char *value)
{
    CURLcode rc = curl_easy_setopt(run->easy, option, value);
    assert(rc == CURLE_OK);
    (void)rc;
}

static CURLcode on_context(CURL *easy UNUSED, void *context, void *arg)
{
    const struct run *run = arg;
    smtp_trust_watch(run->route->trust, context);
    return CURLE_OK;
}

/* The path of the URL is what EHLO says. */
static void set_url(struct run *run)
{
    const struct smtp_route *r = run->route;
    bool ipv6 = strchr(r->host, ':') != NULL;
    struct buf url = {0};
    buf_printf(&url, "%s://%s%s%s:%d/%s", r->implicit_tls ? "smtps" : "smtp", ipv6 ? "[" : "",
               r->host, ipv6 ? "]" : "", r->port, r->helo_name);
    set_text(run, CURLOPT_URL, url.data);
    buf_free(&url);
}

static void set_tls(struct run *run)
{
    bool wanted = run->route->trust != NULL;
    set_number(run, CURLOPT_USE_SSL, wanted ? CURLUSESSL_ALL : CURLUSESSL_NONE);
    set_number(run, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2);
    set_number(run, CURLOPT_SSL_VERIFYPEER, 1);
    set_number(run, CURLOPT_SSL_VERIFYHOST, 2);
    if (run->route->ca_file != NULL) {
        set_text(run, CURLOPT_CAINFO, run->route->ca_file);
        set_text(run, CURLOPT_CAPATH, NULL); /* or the system's would be good, too */
    }
    if (wanted && run->observer->seen != NULL) { /* with another library than OpenSSL: not seen */
        curl_easy_setopt(run->easy, CURLOPT_SSL_CTX_FUNCTION, on_context);
        curl_easy_setopt(run->easy, CURLOPT_SSL_CTX_DATA, run);
    }
}

/* Named, or CRAM-MD5 would come first where it is offered. */
static void set_login(struct run *run)
{
    const struct smtp_route *r = run->route;
    if (r->user == NULL)
        return;
    set_text(run, CURLOPT_USERNAME, r->user);
    if (r->oauth_token != NULL) {
        set_text(run, CURLOPT_XOAUTH2_BEARER, r->oauth_token);
        set_text(run, CURLOPT_LOGIN_OPTIONS, "AUTH=XOAUTH2");
    } else {
        set_text(run, CURLOPT_PASSWORD, r->password);
        set_text(run, CURLOPT_LOGIN_OPTIONS, "AUTH=PLAIN;AUTH=LOGIN");
    }
}

/* libcurl's own limits of time lie behind ours, but that of a transfer: see limit_transfer(). */
static void set_limits(struct run *run)
{
    set_number(run, CURLOPT_CONNECTTIMEOUT_MS, (long)run->route->deadline_ms);
    set_number(run, CURLOPT_SERVER_RESPONSE_TIMEOUT, (long)(run->route->deadline_ms / 1000 + 1));
    set_number(run, CURLOPT_NOSIGNAL, 1);
    set_number(run, CURLOPT_QUICK_EXIT, 1); /* not to wait for a name server at the end */
    set_text(run, CURLOPT_PROXY, "");
    set_text(run, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
}

static void set_functions(struct run *run)
{
    curl_easy_setopt(run->easy, CURLOPT_ERRORBUFFER, run->detail);
    curl_easy_setopt(run->easy, CURLOPT_DEBUGFUNCTION, on_debug);
    curl_easy_setopt(run->easy, CURLOPT_DEBUGDATA, run);
    curl_easy_setopt(run->easy, CURLOPT_OPENSOCKETFUNCTION, on_open);
    curl_easy_setopt(run->easy, CURLOPT_OPENSOCKETDATA, run);
    curl_easy_setopt(run->easy, CURLOPT_CLOSESOCKETFUNCTION, on_close);
    curl_easy_setopt(run->easy, CURLOPT_CLOSESOCKETDATA, run);
    curl_easy_setopt(run->easy, CURLOPT_READFUNCTION, read_mail);
    curl_easy_setopt(run->easy, CURLOPT_READDATA, run);
    curl_easy_setopt(run->easy, CURLOPT_WRITEFUNCTION, drop_bytes);
    curl_easy_setopt(run->easy, CURLOPT_HEADERFUNCTION, drop_bytes);
    curl_easy_setopt(run->easy, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(run->easy, CURLOPT_XFERINFODATA, run);
    set_number(run, CURLOPT_NOPROGRESS, 0);
    set_number(run, CURLOPT_VERBOSE, 1);
    set_number(run, CURLOPT_UPLOAD, 1);
}

static void open_session(struct run *run)
{
    run->multi = curl_multi_init();
    run->easy = curl_easy_init();
    assert(run->multi != NULL && run->easy != NULL); /* out of memory: the spool is durable */
    set_functions(run);
    set_limits(run);
    set_url(run);
    set_tls(run);
    set_login(run);
}

static void close_session(struct run *run)
{
    shut(run, SHUT_RDWR); /* or libcurl says QUIT and waits */
    curl_multi_cleanup(run->multi);
    curl_easy_cleanup(run->easy);
}

/* ---- one mail ---- */

static bool has_ended(struct run *run)
{
    int left;
    const CURLMsg *message = curl_multi_info_read(run->multi, &left);
    if (message == NULL || message->msg != CURLMSG_DONE)
        return false;
    run->result = message->data.result;
    return true;
}

/* To the millisecond, where on_progress() would be asked too late. */
static void limit_transfer(struct run *run)
{
    int64_t left_ms = session_end_ms(run) - now(run);
    set_number(run, CURLOPT_TIMEOUT_MS, left_ms < 1 ? 1 : (long)left_ms);
}

static void drive(struct run *run)
{
    int running, graces = GRACES;
    run->result = CURLE_OPERATION_TIMEDOUT;
    while (curl_multi_perform(run->multi, &running) == CURLM_OK && !has_ended(run)) {
        int64_t left_ms = GRACE_MS;
        if (may_go_on(run))
            left_ms = end_ms(run) - now(run);
        else if (graces-- == 0 || run->socket_count == 0)
            return; /* it sees no cut while it waits for a name server */
        left_ms = left_ms < 1 ? 1 : left_ms;
        curl_multi_poll(run->multi, NULL, 0, (int)(left_ms < WAIT_MS ? left_ms : WAIT_MS), NULL);
    }
}

/*
 * No size is told: libcurl would take the mail for sent when so many bytes have left, and doubled
 * dots count there. After the last mail the connection is closed by the transfer itself, which is
 * watched, and not by the cleanup, which is not.
 */
static void transfer(struct run *run, const struct smtp_mail *mail, size_t index, bool last)
{
    struct curl_slist *recipient = curl_slist_append(NULL, mail->recipient);
    run->mail = mail;
    run->index = index;
    run->handed = 0;
    run->started = run->ended = false;
    run->last_event_ms = now(run);
    run->detail[0] = '\0';
    for (enum smtp_stage stage = SMTP_STAGE_MAIL; stage <= SMTP_STAGE_END; stage++)
        run->monitor.replies[stage] = (struct smtp_reply){0};
    set_text(run, CURLOPT_MAIL_FROM, mail->sender);
    curl_easy_setopt(run->easy, CURLOPT_MAIL_RCPT, recipient);
    set_number(run, CURLOPT_FORBID_REUSE, last);
    limit_transfer(run);
    curl_multi_add_handle(run->multi, run->easy);
    drive(run);
    run->timed_out = run->timed_out || run->result == CURLE_OPERATION_TIMEDOUT;
    curl_multi_remove_handle(run->multi, run->easy);
    curl_slist_free_all(recipient);
}

/* ---- what became of it ---- */

static struct smtp_answer as_answer(const struct smtp_reply *reply)
{
    return (struct smtp_answer){reply->code, reply->text, reply->len};
}

static struct smtp_facts facts_of(const struct run *run)
{
    const struct smtp_reply *r = run->monitor.replies;
    struct smtp_facts facts = {
        .mail = as_answer(&r[SMTP_STAGE_MAIL]),
        .rcpt = as_answer(&r[SMTP_STAGE_RCPT]),
        .data = as_answer(&r[run->ended ? SMTP_STAGE_END : SMTP_STAGE_DATA]),
        .whole_line = r[SMTP_STAGE_END].line,
        .ended = run->ended,
    };
    if (run->result != CURLE_OK && facts.data.code / 100 == 2)
        facts.data.code = 0; /* a yes that libcurl did not take for one is none */
    return facts;
}

static bool is_about_tls(CURLcode rc)
{
    static const CURLcode codes[] = {
        CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM,
        CURLE_SSL_CIPHER,        CURLE_SSL_CACERT_BADFILE,       CURLE_SSL_ISSUER_ERROR,
    };
    for (size_t i = 0; i < COUNT_OF(codes); i++)
        if (codes[i] == rc)
            return true;
    return false;
}

/* What libcurl knows and the monitor does not. */
static void explain(struct run *run)
{
    struct smtp_monitor *m = &run->monitor;
    if (run->result == CURLE_LOGIN_DENIED && m->replies[SMTP_STAGE_AUTH].code != 0) {
        m->login_refused = true; /* XOAUTH2: a 334 with the reason comes instead of a 535 */
    } else if (run->result == CURLE_LOGIN_DENIED && !m->login_refused) {
        m->before = SMTP_STAGE_MAIL;
        m->violation = "no mail without a login";
    } else if (run->result == CURLE_WEIRD_SERVER_REPLY && m->stage == SMTP_STAGE_STARTTLS &&
               m->replies[SMTP_STAGE_STARTTLS].code == 220) {
        m->violation = "text was injected behind the answer to STARTTLS";
    }
}

static const char *detail(const struct run *run)
{
    return run->detail[0] != '\0' ? run->detail : curl_easy_strerror(run->result);
}

static struct smtp_end end_of(struct run *run)
{
    curl_off_t connect_us = 0;
    long problem = 0;
    CURLcode rc = run->result;
    curl_easy_getinfo(run->easy, CURLINFO_CONNECT_TIME_T, &connect_us);
    curl_easy_getinfo(run->easy, CURLINFO_OS_ERRNO, &problem);
    explain(run);
    bool connected = run->connected || connect_us > 0;
    return (struct smtp_end){
        .dial_problem = run->timed_out ? ETIMEDOUT : (int)problem,
        .connected = connected,
        .timed_out = run->timed_out,
        .name_problem = rc == CURLE_COULDNT_RESOLVE_HOST ? detail(run) : NULL,
        .no_starttls =
            rc == CURLE_USE_SSL_FAILED && run->monitor.replies[SMTP_STAGE_STARTTLS].code == 0,
        .tls_problem = is_about_tls(rc) && !run->timed_out ? detail(run) : NULL,
        .mechanisms = run->route->oauth_token != NULL ? "XOAUTH2" : NULL,
        .monitor = &run->monitor,
    };
}

/* False if the session is over: nothing was answered, or the server closed with its answer. */
static bool tell(struct run *run, size_t index)
{
    struct smtp_facts facts = facts_of(run);
    struct smtp_end end = end_of(run);
    struct disposition d;
    (void)smtp_judge(&facts, &end, &d);
    run->observer->done(run->observer->context, index, &d);
    return !run->cut && facts.mail.code != 0 && d.code >= 200 && d.code != 421;
}

static void tell_rest(struct run *run, size_t from, size_t count)
{
    const struct smtp_facts nothing = {.ended = false};
    struct smtp_end end = end_of(run);
    for (size_t i = from; i < count; i++) {
        struct disposition d;
        (void)smtp_judge(&nothing, &end, &d);
        run->observer->done(run->observer->context, i, &d);
    }
}

static void show(const struct run *run)
{
    const struct smtp_route *route = run->route;
    const char *address = NULL;
    struct smtp_sight sight = {
        .host = route->host, .port = route->port, .logged_in = run->monitor.logged_in};
    if (run->observer->seen == NULL)
        return;
    if (run->connected && curl_easy_getinfo(run->easy, CURLINFO_PRIMARY_IP, &address) == CURLE_OK)
        snprintf(sight.address, sizeof(sight.address), "%s", address != NULL ? address : "");
    if (route->trust != NULL) {
        const struct smtp_trust_sight *tls = smtp_trust_seen(route->trust);
        if (run->monitor.has_tls) /* libcurl compares the name behind the handshake */
            snprintf(sight.tls, sizeof(sight.tls), "%s", tls->version);
        snprintf(sight.certificate, sizeof(sight.certificate), "%s", tls->certificate);
    }
    snprintf(sight.mechanism, sizeof(sight.mechanism), "%s", run->monitor.mechanism);
    run->observer->seen(run->observer->context, &sight);
}

void smtp_curl_run(const struct smtp_route *route, const struct smtp_mail *mails, size_t count,
                   const struct smtp_observer *observer)
{
    struct run run = {.route = route, .observer = observer};
    size_t done = 0;
    bool more = count > 0;
    run.start_ms = now(&run);
    smtp_monitor_reset(&run.monitor, route->user != NULL, route->trust != NULL);
    open_session(&run);
    while (more && done < count) {
        transfer(&run, &mails[done], done, done + 1 == count);
        more = tell(&run, done);
        done++;
    }
    tell_rest(&run, done, count);
    show(&run);
    close_session(&run);
}
