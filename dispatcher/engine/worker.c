#include "engine/worker.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/id.h"
#include "base/log.h"
#include "channel/channel.h"
#include "channel/condition.h"
#include "engine/child.h"
#include "engine/composing.h"
#include "model/packet.h"
#include "render/renderer.h"

#define PORTION_MAX ((size_t)32 * 1024 * 1024) /* composed bytes held in memory, nearly */

struct worker {
    int socket;
    struct progress_page *page;
    const struct settings *settings;
    const struct library *library;
    struct renderer *renderer;
    struct channel_session **sessions; /* by transport, opened at first use */
    struct condition_asker *asker;     /* opened at first use */
    struct digest *digest;
    struct buf in;
    struct buf out;
};

/* One packet on its way through this process. */
struct round {
    struct worker *worker;
    const struct transport *transport;
    struct packet *packet;
    struct message *messages;  /* one per item */
    struct outgoing *outgoing; /* those that composed, in order */
    size_t *item_of;           /* by place in `outgoing`: the index in the packet */
    size_t outgoing_count;
    size_t outgoing_bytes; /* of what they composed to */
    int64_t start_ms;
    bool *reported; /* by item of the packet */
    int64_t *begun_ms;
};

/* ---- reports ---- */

/* The scheduler is gone: there is nobody to work for. What was on the wire is in doubt and it knows
 * that. */
static void write_or_end(struct worker *w)
{
    if (file_write_all(w->socket, w->out.data, w->out.len, "the scheduler's socket", NULL) != 0)
        _exit(0);
    buf_reset(&w->out);
}

static void report_finished(struct round *r)
{
    const struct report message = {.stage = REPORT_FINISHED, .packet = r->packet->number};
    report_put_frame(&message, &r->worker->out);
    write_or_end(r->worker);
}

static void report_outcome(struct round *r, size_t index, const struct disposition *d,
                           const struct buf *wire)
{
    const struct packet_item *item = &r->packet->items[index];
    struct report message = {
        .stage = REPORT_DONE,
        .packet = r->packet->number,
        .delivery = item->delivery,
        .attempt = item->attempt,
        .disposition = *d,
        .duration_ms = clock_mono_ms() - r->begun_ms[index],
    };
    unsigned char digest[DIGEST_SIZE];
    if (wire != NULL) {
        digest_one(r->worker->digest, buf_text(wire), wire->len, digest);
        digest_hex(digest, message.sha256);
    }
    snprintf(message.locale, sizeof(message.locale), "%s", r->messages[index].locale);
    r->reported[index] = true;
    report_put_frame(&message, &r->worker->out);
    write_or_end(r->worker);
}

/* ---- what channels call ---- */

static size_t item_index(const struct round *r, const struct outgoing *item)
{
    return r->item_of[item - r->outgoing];
}

static void on_started(void *context, const struct outgoing *item)
{
    struct round *r = context;
    progress_page_start(r->worker->page, item_index(r, item));
}

static void on_done(void *context, const struct outgoing *item, const struct disposition *d)
{
    struct round *r = context;
    size_t index = item_index(r, item);
    if (!r->reported[index])
        report_outcome(r, index, d, &item->wire);
}

static void on_rests(void *context, const char *place, int64_t until_ms, const char *why)
{
    struct round *r = context;
    struct report message = {
        .stage = REPORT_RESTS, .packet = r->packet->number, .until_ms = until_ms};
    snprintf(message.place, sizeof(message.place), "%s", place);
    disposition_set_reply(&message.disposition, why, strlen(why));
    report_put_frame(&message, &r->worker->out);
    write_or_end(r->worker);
}

static int64_t on_now_ms(void *context UNUSED)
{
    return clock_wall_ms();
}

static uint64_t on_draw(void *context UNUSED)
{
    return random_bits();
}

/* ---- one packet ---- */

static void refuse_item(struct round *r, size_t index, const char *cause, const char *why)
{
    struct disposition d;
    disposition_set(&d, OUTCOME_PERMANENT, 0, cause, why, strlen(why));
    report_outcome(r, index, &d, NULL);
}

static void prepare_item(struct round *r, size_t index)
{
    const struct packet_item *item = &r->packet->items[index];
    struct outgoing *out = &r->outgoing[r->outgoing_count];
    const struct composing composing = {r->worker->settings, r->worker->library,
                                        r->worker->renderer, r->transport};
    struct error why;
    r->begun_ms[index] = clock_mono_ms();
    progress_page_enter(r->worker->page, PROGRESS_RENDERING, index);
    if (item->job == NULL) {
        refuse_item(r, index, "job", item->problem);
        return;
    }
    if (composing_render(&composing, item, &r->messages[index], &why) != 0) {
        refuse_item(r, index, "render", why.text);
        return;
    }
    progress_page_enter(r->worker->page, PROGRESS_COMPOSING, index);
    if (composing_compose(&composing, item, &r->messages[index], out, &why) != 0) {
        refuse_item(r, index, "compose", why.text);
        buf_free(&out->wire);
        return;
    }
    r->item_of[r->outgoing_count++] = index;
    r->outgoing_bytes += out->wire.len;
}

static void report_all(struct round *r, enum outcome outcome, const char *cause, const char *text)
{
    struct disposition d;
    disposition_set(&d, outcome, 0, cause, text, strlen(text));
    for (size_t i = 0; i < r->packet->count; i++) {
        if (!r->reported[i])
            report_outcome(r, i, &d, NULL);
    }
}

/* Of those that are on their way: whoever has not been heard of yet. */
static void report_outgoing(struct round *r, enum outcome outcome, const char *cause,
                            const char *text)
{
    struct disposition d;
    disposition_set(&d, outcome, 0, cause, text, strlen(text));
    for (size_t i = 0; i < r->outgoing_count; i++) {
        if (!r->reported[r->item_of[i]])
            report_outcome(r, r->item_of[i], &d, NULL);
    }
}

static int64_t spent_ms(const struct round *r)
{
    return clock_mono_ms() - r->start_ms;
}

/* What begins now would hardly end before this process is killed: that would leave a mail in doubt,
 * or look as if a letter had cost a worker. */
static bool is_late(const struct round *r)
{
    return spent_ms(r) > r->transport->deadline_ms / 4 * 3;
}

static void report_late(struct round *r)
{
    report_all(r, OUTCOME_NOT_TRIED, "no_time",
               "not sent: those before it took the time of the packet");
}

static void deliver(struct round *r)
{
    struct worker *w = r->worker;
    size_t at = (size_t)(r->transport - w->settings->transports);
    const struct channel *channel = channel_for(r->transport);
    const struct channel_reporter reporter = {.context = r,
                                              .started = on_started,
                                              .done = on_done,
                                              .now_ms = on_now_ms,
                                              .draw = on_draw,
                                              .spent_ms = spent_ms(r),
                                              .rests = on_rests};
    struct error why;
    if (is_late(r)) {
        report_late(r);
        return;
    }
    if (w->sessions[at] == NULL &&
        channel->open(w->settings, r->transport, &w->sessions[at], &why) != 0) {
        report_outgoing(r, OUTCOME_CONFIG, "config", why.text);
        return;
    }
    channel->deliver(w->sessions[at], r->outgoing, r->outgoing_count, &reporter);
    report_outgoing(r, OUTCOME_UNCERTAIN, "no_report",
                    "the channel ended without saying what happened");
}

/* Sends what is composed and forgets it. */
static void send_outgoing(struct round *r)
{
    progress_page_enter(r->worker->page, PROGRESS_SENDING, 0);
    if (r->outgoing_count > 0)
        deliver(r);
    for (size_t i = 0; i < r->outgoing_count; i++)
        buf_free(&r->outgoing[i].wire);
    r->outgoing_count = 0;
    r->outgoing_bytes = 0;
}

/* ---- may it leave? ---- */

static size_t gather_questions(const struct round *r, struct condition_question *out,
                               size_t *out_index)
{
    size_t count = 0;
    for (size_t i = 0; i < r->packet->count; i++) {
        const struct packet_item *item = &r->packet->items[i];
        if (item->job == NULL || item->job->condition == NULL)
            continue;
        out_index[count] = i;
        out[count++] = (struct condition_question){
            .endpoint = item->job->condition,
            .id = item->job->id,
            .channel = channel_kind_name(r->transport->channel),
            .template_name = item->template_name,
            .locale = item->locale,
            .campaign = item->job->campaign,
            .reference = item->job->reference,
            .recipient_id = item->job->to.recipient_id,
        };
    }
    return count;
}

static int ask(struct round *r, const struct condition_question *questions, size_t count,
               struct condition_answer *answers, struct error *err)
{
    struct worker *w = r->worker;
    if (w->asker == NULL && condition_open(w->settings, &w->asker, err) != 0)
        return ERR_INTERNAL;
    condition_ask(w->asker, questions, count, r->transport->deadline_ms / 4, clock_wall_ms(),
                  answers);
    return 0;
}

/* Before anything is rendered; what may not leave, or not yet, has its outcome then. */
static void ask_conditions(struct round *r)
{
    size_t most = r->packet->count;
    struct condition_question *questions = xcalloc(most + 1, sizeof(*questions));
    struct condition_answer *answers = xcalloc(most + 1, sizeof(*answers));
    size_t *index = xcalloc(most + 1, sizeof(*index));
    struct error why;
    size_t count = gather_questions(r, questions, index);
    progress_page_enter(r->worker->page, PROGRESS_SENDING, 0);
    bool asked = count == 0 || ask(r, questions, count, answers, &why) == 0;
    for (size_t i = 0; i < count; i++) {
        if (!asked)
            disposition_set(&answers[i].why, OUTCOME_THROTTLE, 0, CONDITION_WAIT, why.text,
                            strlen(why.text));
        if (!asked || answers[i].word != CONDITION_GOES)
            report_outcome(r, index[i], &answers[i].why, NULL);
    }
    free(questions);
    free(answers);
    free(index);
}

/* Mails that bring files along are large, and a packet has many: they go in portions. */
static void send_packet(struct round *r)
{
    ask_conditions(r);
    for (size_t i = 0; i < r->packet->count; i++) {
        if (r->reported[i])
            continue;
        prepare_item(r, i);
        if (r->outgoing_bytes <= PORTION_MAX)
            continue;
        send_outgoing(r);
        if (is_late(r)) {
            report_late(r);
            return;
        }
    }
    send_outgoing(r);
}

static void end_round(struct round *r)
{
    for (size_t i = 0; i < r->packet->count; i++)
        message_free(&r->messages[i]);
    free(r->messages);
    free(r->outgoing);
    free(r->item_of);
    free(r->reported);
    free(r->begun_ms);
}

static void work_on(struct worker *w, struct packet *packet)
{
    size_t count = packet->count;
    struct round r = {
        .worker = w,
        .transport = settings_find_transport(w->settings, packet->transport),
        .packet = packet,
        .messages = xcalloc(count, sizeof(*r.messages)),
        .outgoing = xcalloc(count, sizeof(*r.outgoing)),
        .item_of = xcalloc(count, sizeof(*r.item_of)),
        .reported = xcalloc(count, sizeof(*r.reported)),
        .begun_ms = xcalloc(count, sizeof(*r.begun_ms)),
        .start_ms = clock_mono_ms(),
    };
    for (size_t i = 0; i < count; i++)
        r.begun_ms[i] = clock_mono_ms();
    if (r.transport == NULL) {
        report_all(&r, OUTCOME_CONFIG, "config", "this transport is no longer configured");
    } else {
        send_packet(&r);
    }
    report_finished(&r);
    end_round(&r);
}

/* ---- the process ---- */

/* Blocks until one whole frame is there; false when the scheduler has closed the socket. */
static bool read_frame(struct worker *w, const char **payload, size_t *len)
{
    for (;;) {
        int found = frame_peek(&w->in, 0, payload, len, NULL);
        if (found != 0)
            return found > 0;
        buf_reserve(&w->in, 65536);
        ssize_t got = read(w->socket, w->in.data + w->in.len, 65536);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        w->in.len += (size_t)got;
    }
}

static void drop_frame(struct worker *w, const char *payload, size_t len)
{
    size_t used = (size_t)(payload + len - w->in.data);
    memmove(w->in.data, w->in.data + used, w->in.len - used);
    w->in.len -= used;
}

static void close_sessions(struct worker *w)
{
    for (size_t i = 0; i < w->settings->transport_count; i++) {
        if (w->sessions[i] != NULL)
            channel_for(&w->settings->transports[i])->close(w->sessions[i]);
    }
    free(w->sessions);
}

static void serve(struct worker *w)
{
    const char *payload;
    size_t len;
    struct error why;
    while (read_frame(w, &payload, &len)) {
        struct packet *packet = NULL;
        if (packet_decode(payload, len, &packet, &why) != 0) {
            log_event(LOG_ERR, "worker.packet", "reason=\"%s\"", why.text);
            return;
        }
        drop_frame(w, payload, len);
        work_on(w, packet);
        packet_free(packet);
    }
}

#define WORKER_SOCKET 3 /* where child_shed_but() puts it */

void worker_main(int socket, pid_t parent, struct progress_page *page, const struct setup *s)
{
    struct worker w = {
        .socket = WORKER_SOCKET,
        .page = page,
        .settings = s->settings,
        .library = s->library,
        .sessions = xcalloc(s->settings->transport_count, sizeof(*w.sessions)),
        .digest = digest_begin(),
    };
    struct error why;
    child_shed_but(&socket, 1, page);
    child_forget_secrets(s->settings);
    /* Nobody may send for a scheduler that is gone: the next one would send it again. From here on
     * its death is ours. */
    if (getppid() != parent)
        _exit(EXIT_SUCCESS);
    log_set_process("worker");
    if (channel_global_init(&why) != 0 || renderer_open(s->library, &w.renderer, &why) != 0) {
        log_event(LOG_ERR, "worker.start", "reason=\"%s\"", why.text);
        _exit(EXIT_FAILURE);
    }
    progress_page_be_ready(page);
    serve(&w);
    close_sessions(&w);
    condition_close(w.asker);
    renderer_close(w.renderer);
    digest_end(w.digest);
    buf_free(&w.in);
    buf_free(&w.out);
    _exit(EXIT_SUCCESS);
}
