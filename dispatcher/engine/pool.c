#include "engine/pool.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/log.h"
#include "engine/worker.h"

/* A worker that dies before it is ready must not turn the scheduler into a fork bomb. */
#define FORK_PAUSE_MS 250
/* An idle worker only has to close its connections; a peer may make even that last. */
#define LEAVE_MS 5000

void pool_init(struct pool *p, const struct pool_events *events)
{
    *p = (struct pool){.events = *events};
}

/* ---- birth ---- */

/* 0, or -1 with errno. */
static int fork_with(struct pool *p, struct setup *setup, const int pair[2],
                     struct progress_page *page)
{
    pid_t parent = getpid(), pid = fork();
    if (pid == 0)
        worker_main(pair[1], parent, page, setup);
    if (pid < 0)
        return -1;
    p->slots = xreallocarray(p->slots, p->count + 1, sizeof(*p->slots));
    p->slots[p->count++] = (struct worker_slot){
        .pid = pid, .socket = pair[0], .page = page, .setup = setup_retain(setup)};
    log_event(LOG_DEBUG, "worker.started", "pid=%d", (int)pid);
    return 0;
}

static int fork_worker(struct pool *p, struct setup *setup)
{
    int pair[2];
    struct progress_page *page = progress_page_open();
    if (page == NULL)
        return -1;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
        progress_page_close(page);
        return -1;
    }
    int rc = fork_with(p, setup, pair, page), why = errno;
    close(pair[1]);
    if (rc != 0) {
        close(pair[0]);
        progress_page_close(page);
        errno = why;
    }
    return rc;
}

static size_t count_staying(const struct pool *p)
{
    size_t staying = 0;
    for (size_t i = 0; i < p->count; i++)
        staying += p->slots[i].retiring ? 0 : 1;
    return staying;
}

void pool_fill(struct pool *p, size_t wanted, struct setup *setup, int64_t mono_ms)
{
    p->wanted = wanted;
    while (count_staying(p) < wanted && mono_ms >= p->next_fork_mono_ms) {
        if (fork_worker(p, setup) != 0) {
            log_event(LOG_ERR, "worker.fork", "reason=\"%s\" action=\"trying again\"",
                      strerrordesc_np(errno));
            p->next_fork_mono_ms = mono_ms + FORK_PAUSE_MS;
        }
    }
}

/* ---- packets ---- */

static bool is_idle(const struct worker_slot *w, const struct setup *setup)
{
    return !w->busy && !w->retiring && w->setup == setup;
}

struct worker_slot *pool_find_idle(struct pool *p, const struct setup *setup)
{
    for (size_t i = 0; i < p->count; i++) {
        if (is_idle(&p->slots[i], setup))
            return &p->slots[i];
    }
    return NULL;
}

size_t pool_idle(const struct pool *p, const struct setup *setup)
{
    size_t idle = 0;
    for (size_t i = 0; i < p->count; i++)
        idle += is_idle(&p->slots[i], setup) ? 1 : 0;
    return idle;
}

static void put_packet(struct worker_slot *w, const char *batch_text)
{
    struct packet_batch shared = {.batch = w->assignments[0].lease.batch};
    struct packet packet = {.number = w->packet_number,
                            .transport = w->transport->name,
                            .batches = &shared,
                            .batch_count = batch_text != NULL ? 1 : 0,
                            .count = w->assignment_count};
    /* For encoding only: nothing is written to it. */
    shared.text = (char *)(uintptr_t)batch_text;
    packet.items = xcalloc(packet.count, sizeof(*packet.items));
    for (size_t i = 0; i < packet.count; i++) {
        const struct leased *row = &w->assignments[i].lease;
        packet.items[i] = (struct packet_item){
            .delivery = row->delivery,
            .attempt = row->tries + 1,
            .accepted_ms = row->accepted_ms,
            .address = row->address,
            .template_name = row->template_name,
            .locale = row->locale,
            .batch = row->batch,
            .line = row->line,
            .job_text = row->job_text,
        };
    }
    packet_put_frame(&packet, &w->out);
    free(packet.items);
}

static void flush(struct worker_slot *w)
{
    while (w->out_sent < w->out.len) {
        ssize_t sent = send(w->socket, w->out.data + w->out_sent, w->out.len - w->out_sent,
                            MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent <= 0)
            return; /* full: poll tells when; gone: reaping tells */
        w->out_sent += (size_t)sent;
    }
    buf_reset(&w->out);
    w->out_sent = 0;
}

void pool_assign(struct worker_slot *w, const struct pool_packet *packet, int64_t mono_ms)
{
    w->busy = true;
    w->deadline_passed = w->said_fault = w->said_answer = false;
    w->transport = settings_find_transport(w->setup->settings, packet->transport->name);
    w->home = settings_find_transport(w->setup->settings, packet->home->name);
    w->packet_number = packet->rows[0].packet;
    w->assigned_mono_ms = mono_ms;
    w->deadline_mono_ms = mono_ms + packet->transport->deadline_ms;
    w->next_report = 0;
    w->assignment_count = w->open = packet->count;
    w->assignments = xcalloc(packet->count, sizeof(*w->assignments));
    for (size_t i = 0; i < packet->count; i++)
        w->assignments[i].lease = packet->rows[i];
    progress_page_reset(w->page, packet->count);
    put_packet(w, packet->batch_text);
    flush(w);
}

static void end_packet(struct pool *p, struct worker_slot *w, enum packet_end how,
                       const char *detail)
{
    p->events.packet_end(p->events.context, w, how, detail);
    for (size_t i = 0; i < w->assignment_count; i++)
        leased_clear(&w->assignments[i].lease);
    free(w->assignments);
    w->assignments = NULL;
    w->jobs_done += (int)w->assignment_count;
    w->assignment_count = 0;
    w->busy = false;
    if (w->jobs_done >= w->setup->settings->worker_jobs_max)
        w->retiring = true;
}

size_t pool_in_flight(const struct pool *p, const char *transport)
{
    size_t packets = 0;
    for (size_t i = 0; i < p->count; i++) {
        const struct worker_slot *w = &p->slots[i];
        packets += w->busy && strcmp(w->transport->name, transport) == 0 ? 1 : 0;
    }
    return packets;
}

size_t pool_deliveries(const struct pool *p, const char *transport)
{
    size_t count = 0;
    for (size_t i = 0; i < p->count; i++) {
        const struct worker_slot *w = &p->slots[i];
        if (w->busy && strcmp(w->transport->name, transport) == 0)
            count += w->assignment_count;
    }
    return count;
}

size_t pool_busy(const struct pool *p)
{
    size_t busy = 0;
    for (size_t i = 0; i < p->count; i++)
        busy += p->slots[i].busy ? 1 : 0;
    return busy;
}

bool pool_expects_end(const struct pool *p)
{
    for (size_t i = 0; i < p->count; i++) {
        if (p->slots[i].busy && p->slots[i].open == 0)
            return true;
    }
    return false;
}

/* ---- reports ---- */

static struct assignment *find_assignment(struct worker_slot *w, int64_t delivery)
{
    for (size_t i = 0; i < w->assignment_count; i++) {
        size_t at = (w->next_report + i) % w->assignment_count;
        if (w->assignments[at].lease.delivery == delivery) {
            w->next_report = at + 1;
            return &w->assignments[at];
        }
    }
    return NULL;
}

static void take_report(struct pool *p, struct worker_slot *w, const struct report *r)
{
    if (!w->busy || r->packet != w->packet_number)
        return;
    if (r->stage == REPORT_FINISHED) {
        end_packet(p, w, PACKET_FINISHED, "");
        return;
    }
    if (r->stage == REPORT_RESTS) {
        p->events.rests(p->events.context, w, r);
        return;
    }
    struct assignment *a = r->stage == REPORT_DONE ? find_assignment(w, r->delivery) : NULL;
    if (a != NULL && !a->done) {
        p->events.report(p->events.context, w, a, r);
        a->done = true;
        w->open--;
    }
}

static void take_frames(struct pool *p, struct worker_slot *w)
{
    const char *payload;
    size_t len, used = 0;
    struct error why;
    for (;;) {
        int found = frame_peek(&w->in, used, &payload, &len, &why);
        struct report r;
        if (found == 0)
            break;
        if (found < 0 || report_decode(payload, len, &r, &why) != 0) {
            /* Its memory is damaged: nothing it says can be believed any more. */
            log_event(LOG_ERR, "worker.nonsense", "pid=%d reason=\"%s\"", (int)w->pid, why.text);
            kill(w->pid, SIGKILL);
            w->distrusted = true;
            used = w->in.len;
            break;
        }
        take_report(p, w, &r);
        used = (size_t)(payload + len - w->in.data);
    }
    memmove(w->in.data, w->in.data + used, w->in.len - used);
    buf_truncate(&w->in, w->in.len - used);
}

/* Takes what the worker has written; false if there was nothing. */
static bool receive(struct pool *p, struct worker_slot *w)
{
    ssize_t got;
    if (w->distrusted)
        return false;
    buf_reserve(&w->in, 65536);
    do
        got = recv(w->socket, w->in.data + w->in.len, 65536, MSG_DONTWAIT);
    while (got < 0 && errno == EINTR);
    if (got <= 0)
        return false;
    w->in.len += (size_t)got;
    take_frames(p, w);
    return true;
}

size_t pool_poll(const struct pool *p, struct pollfd *fds)
{
    for (size_t i = 0; i < p->count; i++) {
        bool pending = p->slots[i].out_sent < p->slots[i].out.len;
        fds[i] = (struct pollfd){.fd = p->slots[i].socket,
                                 .events = (short)(POLLIN | (pending ? POLLOUT : 0))};
        /* Its end of file would wake us until it is dead; SIGCHLD tells that once. */
        if (p->slots[i].leave_by_mono_ms != 0 || p->slots[i].distrusted)
            fds[i].fd = -1;
    }
    return p->count;
}

void pool_serve(struct pool *p, const struct pollfd *fds)
{
    for (size_t i = 0; i < p->count; i++) {
        if ((fds[i].revents & POLLIN) != 0)
            receive(p, &p->slots[i]); /* what is left will wake us again */
        if ((fds[i].revents & POLLOUT) != 0)
            flush(&p->slots[i]);
    }
}

/* ---- death ---- */

static void describe_death(const struct worker_slot *w, int status, char *out, size_t size)
{
    if (w->deadline_passed)
        snprintf(out, size, "killed at its deadline");
    else if (WIFSIGNALED(status))
        snprintf(out, size, "ended by signal %d (%s)", WTERMSIG(status),
                 sigabbrev_np(WTERMSIG(status)) != NULL ? sigabbrev_np(WTERMSIG(status)) : "?");
    else
        snprintf(out, size, "ended with status %d", WEXITSTATUS(status));
}

static void bury(struct pool *p, size_t index, int status, int64_t mono_ms)
{
    struct worker_slot *w = &p->slots[index];
    char detail[80];
    describe_death(w, status, detail, sizeof(detail));
    while (receive(p, w))
        continue;
    bool untimely = w->busy || !w->retiring;
    if (untimely) {
        log_event(LOG_WARN, "worker.died", "pid=%d how=\"%s\"", (int)w->pid, detail);
        p->next_fork_mono_ms = mono_ms + (progress_page_is_ready(w->page) ? 0 : FORK_PAUSE_MS);
    }
    if (w->busy)
        end_packet(p, w, w->deadline_passed ? PACKET_DEADLINE : PACKET_CRASHED, detail);
    close(w->socket);
    progress_page_close(w->page);
    setup_release(w->setup);
    buf_free(&w->in);
    buf_free(&w->out);
    p->slots[index] = p->slots[--p->count];
}

/* It reads end of file and ends by itself, or is ended. */
static void dismiss(struct worker_slot *w, int64_t mono_ms)
{
    if (w->leave_by_mono_ms == 0) {
        shutdown(w->socket, SHUT_RDWR);
        w->leave_by_mono_ms = mono_ms + LEAVE_MS;
    } else if (mono_ms >= w->leave_by_mono_ms) {
        kill(w->pid, SIGKILL);
    }
}

static void end_overdue(struct worker_slot *w, int64_t mono_ms)
{
    if (w->deadline_passed || mono_ms < w->deadline_mono_ms)
        return;
    w->deadline_passed = true;
    kill(w->pid, SIGKILL);
}

/* One question for all of them, and none of them is lost by it: a child of somebody else stays to
 * be reaped by him. */
static bool anybody_died(void)
{
    siginfo_t info = {0};
    return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid != 0;
}

static void bury_dead(struct pool *p, int64_t mono_ms)
{
    for (size_t i = p->count; i-- > 0;) {
        int status = 0;
        if (waitpid(p->slots[i].pid, &status, WNOHANG) == p->slots[i].pid)
            bury(p, i, status, mono_ms);
    }
}

void pool_tend(struct pool *p, int64_t mono_ms)
{
    for (size_t i = 0; i < p->count; i++) {
        struct worker_slot *w = &p->slots[i];
        if (w->busy)
            end_overdue(w, mono_ms);
        else if (w->retiring)
            dismiss(w, mono_ms);
    }
    if (anybody_died())
        bury_dead(p, mono_ms);
}

int64_t pool_next_deadline(const struct pool *p)
{
    int64_t soonest = INT64_MAX;
    for (size_t i = 0; i < p->count; i++) {
        const struct worker_slot *w = &p->slots[i];
        if (w->busy && !w->deadline_passed && w->deadline_mono_ms < soonest)
            soonest = w->deadline_mono_ms;
    }
    return soonest;
}

void pool_retire(struct pool *p, const struct setup *setup)
{
    for (size_t i = 0; i < p->count; i++) {
        if (p->slots[i].setup != setup)
            p->slots[i].retiring = true;
    }
}

void pool_kill(struct pool *p)
{
    for (size_t i = 0; i < p->count; i++) {
        p->slots[i].retiring = true;
        kill(p->slots[i].pid, SIGKILL);
    }
    while (p->count > 0) {
        int status = 0;
        waitpid(p->slots[p->count - 1].pid, &status, 0);
        bury(p, p->count - 1, status, 0);
    }
    free(p->slots);
    p->slots = NULL;
}
