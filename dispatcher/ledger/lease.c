/* Leasing what is due. */
#include "ledger/ledger.h"

#include <assert.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/attributes.h"
#include "base/buf.h"
#include "ledger/db.h"
#include "ledger/ledger_backend.h"

/* Behind the cursor, in two questions: as one, "(due_ms, seq) > (?, ?)", SQLite would read all that
 * are due at the cursor's millisecond, which are a whole campaign's. "state IN (0, 2)" is written
 * as in the index. */
static const char same_due_sql[] =
    "SELECT seq, due_ms FROM delivery INDEXED BY delivery_due WHERE state IN (0, 2) AND lane = ?"
    " AND due_ms = ? AND seq > ? ORDER BY seq";
static const char later_due_sql[] =
    "SELECT seq, due_ms FROM delivery INDEXED BY delivery_due WHERE state IN (0, 2) AND lane = ?"
    " AND due_ms > ? ORDER BY due_ms, seq";
static const char row_sql[] =
    "SELECT state, channel, batch, line, rest, start, bytes, coalesce(notice, 0), letter, attempts,"
    " tries, crashes, suspect, tried, lane, confirm, receipt, over_ms, recipient, address,"
    " turn FROM delivery WHERE seq = ?";
static const char begun_sql[] =
    "SELECT seq, due_ms FROM delivery INDEXED BY delivery_begun"
    " WHERE (state = 2 OR (state = 0 AND (turn > 0 OR attempts > 0))) AND lane = ?"
    " ORDER BY due_ms, seq";
static const char notice_sql[] =
    "SELECT accepted_ms, expires_at_ms, id, template, locale, campaign,"
    " EXISTS (SELECT 1 FROM spare s WHERE s.notice = n.seq), body FROM notice n WHERE seq = ?";
static const char insert_lease_sql[] =
    "INSERT INTO lease (lane, taken_ms, deliveries) VALUES (?, ?, ?)";

struct place {
    int64_t delivery, due_ms;
};

/* What a lease works on. */
struct lease {
    size_t lane; /* where it stands in l->lanes */
    int64_t now_ms;
    size_t limit;
    struct place *places; /* of what may be taken, and the one behind: limit + 1 */
    size_t place_count;
    struct leased *out;
    struct flying *flying; /* beside `out` */
    size_t count;
    bool begun_only; /* of a pace that lets nobody begin now */
    int64_t room;    /* people who may begin */
    int64_t firsts;  /* those who do */
    int64_t wave_ms;
};

static char *copy_text(struct query *q)
{
    return xstrdup(ledger_read_text(q));
}

void leased_clear(struct leased *row)
{
    free(row->notice_id);
    free(row->address);
    free(row->template_name);
    free(row->locale);
    free(row->zone);
    free(row->batch_id);
    free(row->job_text);
    free(row->campaign);
    *row = (struct leased){0};
}

/* ---- which ---- */

static int read_places(struct ledger *l, struct lease *lease, struct query *q, struct error *err)
{
    int rc;
    while ((rc = query_step(q, err)) > 0) {
        struct place place = {.delivery = query_int(q)};
        place.due_ms = query_int(q);
        if (flight_find(&l->flight, place.delivery) != NULL)
            continue;
        lease->places[lease->place_count++] = place;
        if (lease->place_count > lease->limit) {
            query_end(q);
            return 0;
        }
    }
    return rc;
}

static int pick_begun(struct ledger *l, struct lease *lease, struct error *err)
{
    struct query *q = db_query(l->db, begun_sql);
    query_bind_int(q, l->lanes[lease->lane].lane);
    return read_places(l, lease, q, err);
}

static int pick(struct ledger *l, struct lease *lease, struct error *err)
{
    const struct lane_cursor *cursor = &l->cursors[lease->lane];
    struct query *q = db_query(l->db, same_due_sql);
    query_bind_int(q, l->lanes[lease->lane].lane);
    query_bind_int(q, cursor->due_ms);
    query_bind_int(q, cursor->seq);
    int rc = read_places(l, lease, q, err);
    if (rc != 0 || lease->place_count > lease->limit)
        return rc;
    q = db_query(l->db, later_due_sql);
    query_bind_int(q, l->lanes[lease->lane].lane);
    query_bind_int(q, cursor->due_ms);
    return read_places(l, lease, q, err);
}

/* ---- what they are ---- */

static int read_notice(struct ledger *l, int64_t notice, struct leased *out, struct error *err)
{
    struct query *q = db_query(l->db, notice_sql);
    query_bind_int(q, notice);
    int rc = query_step(q, err);
    if (rc == 0)
        return ledger_damaged(l, "there is no notice of delivery", out->delivery, err);
    if (rc < 0)
        return rc;
    out->accepted_ms = query_int(q);
    out->expires_at_ms = query_int(q);
    out->notice_id = copy_text(q);
    out->template_name = copy_text(q);
    out->locale = copy_text(q);
    out->campaign = xstrdup(query_text(q));
    out->more_channels = query_int(q) != 0;
    out->job_text = xstrdup(query_text(q));
    out->more_channels = out->more_channels && out->job_text != NULL;
    query_end(q);
    return 0;
}

static char *join_id(const char *batch, const char *recipient)
{
    struct buf id = {0};
    buf_puts(&id, batch);
    buf_putc(&id, '_');
    buf_puts(&id, recipient);
    return buf_steal(&id);
}

static int describe_line(struct ledger *l, int64_t letter_number, const char *recipient,
                         struct leased *out, struct error *err)
{
    struct batch_memo *b = NULL;
    const struct letter *letter = NULL;
    int rc = ledger_read_batch(l, out->batch, &b, err);
    if (rc == 0)
        rc = ledger_read_letter(l, letter_number, &letter, err);
    if (rc != 0)
        return rc;
    out->accepted_ms = b->accepted_ms;
    out->expires_at_ms = b->expires_at_ms;
    out->more_channels = out->more_channels && b->now.state != BATCH_PURGED;
    out->notice_id = join_id(b->id, recipient);
    out->batch_id = xstrdup(b->id);
    out->campaign = xstrdup(b->campaign);
    out->template_name = xstrdup(letter->template_name);
    out->locale = xstrdup(letter->locale);
    out->zone = letter->zone[0] != '\0' ? xstrdup(letter->zone) : NULL;
    return 0;
}

/* A number that only we write; whatever stands in the file, it is one. */
static int small(int64_t number)
{
    return number < 0 || number > INT32_MAX ? 0 : (int)number;
}

static int describe(struct ledger *l, struct query *q, struct leased *out, struct flying *flying,
                    struct error *err)
{
    bool good = ledger_read_state(query_int(q), &flying->state);
    good = ledger_read_channel(query_int(q), &out->channel) && good;
    if (!good)
        return ledger_damaged(l, "no channel and state are possible of delivery", out->delivery,
                              err);
    out->batch = query_int(q);
    out->line = query_int(q);
    out->more_channels = query_int(q) > 0;
    out->offset = query_int(q);
    out->length = query_int(q);
    flying->notice = query_int(q);
    int64_t letter = query_int(q);
    flying->attempts = query_int(q);
    out->tries = small(query_int(q));
    out->crashes = small(query_int(q));
    out->suspect = query_int(q) != 0;
    flying->tried = query_int(q) != 0;
    flying->lane = query_int(q);
    flying->confirm = query_int(q) != 0;
    flying->receipt = ledger_read_receipt_kind(query_int(q));
    flying->over_ms = query_int(q);
    const char *recipient = ledger_read_text(q);
    out->address = copy_text(q);
    flying->first = flying->state == DELIVERY_WAITING && flying->attempts == 0 && query_int(q) == 0;
    return flying->notice != 0 ? read_notice(l, flying->notice, out, err)
                               : describe_line(l, letter, recipient, out, err);
}

int ledger_read_delivery(struct ledger *l, int64_t delivery, struct leased *out,
                         struct flying *flying, struct error *err)
{
    *out = (struct leased){.delivery = delivery};
    *flying = (struct flying){.delivery = delivery};
    struct query *q = db_query(l->db, row_sql);
    query_bind_int(q, delivery);
    int rc = query_step(q, err);
    if (rc == 0)
        return ledger_damaged(l, "its index and its rows differ at delivery", delivery, err);
    if (rc < 0)
        return rc;
    rc = describe(l, q, out, flying, err);
    query_end(q);
    flying->channel = out->channel;
    flying->batch = out->batch;
    flying->accepted_ms = out->accepted_ms;
    return rc;
}

static int read_row(struct ledger *l, int64_t delivery, int64_t now_ms, struct leased *out,
                    struct flying *flying, struct error *err)
{
    int rc = ledger_read_delivery(l, delivery, out, flying, err);
    if (rc == 0 && !delivery_may_move(flying->state, DELIVERY_IN_FLIGHT))
        rc = ledger_damaged(l, "its index and its rows differ at delivery", delivery, err);
    out->overdue = flying->over_ms > 0 && flying->over_ms <= now_ms;
    return rc;
}

/* May the row read last go, as the pace of its campaign is? */
static bool has_room(const struct ledger *l, struct lease *lease)
{
    struct flying *row = &lease->flying[lease->count - 1];
    row->first = row->first && l->lanes[lease->lane].campaign != 0;
    if (row->first && lease->firsts >= lease->room)
        return false;
    lease->firsts += row->first ? 1 : 0;
    return true;
}

static void drop_last(struct lease *lease)
{
    lease->count--;
    lease->firsts -= lease->flying[lease->count].first ? 1 : 0;
    leased_clear(&lease->out[lease->count]);
}

/* In order, up to the first that is not due. A suspect ends the packet: before it, or behind it if
 * it is the first. */
static int read_rows(struct ledger *l, struct lease *lease, struct error *err)
{
    for (size_t i = 0; i < lease->place_count && i < lease->limit; i++) {
        if (lease->places[i].due_ms > lease->now_ms)
            return 0;
        struct leased *row = &lease->out[lease->count];
        int rc = read_row(l, lease->places[i].delivery, lease->now_ms, row,
                          &lease->flying[lease->count], err);
        lease->count++; /* whatever was read of it is freed with the others */
        if (rc != 0)
            return rc;
        if (!has_room(l, lease)) {
            leased_clear(&lease->out[--lease->count]);
            return 0;
        }
        if (!row->suspect)
            continue;
        if (i > 0)
            drop_last(lease);
        return 0;
    }
    return 0;
}

/* ---- taken ---- */

static int insert_lease(struct ledger *l, const struct lease *lease, int64_t *out_packet,
                        struct error *err)
{
    struct buf list = {0};
    for (size_t i = 0; i < lease->count; i++)
        buf_printf(&list, "%c%lld", i == 0 ? '[' : ',', (long long)lease->out[i].delivery);
    buf_putc(&list, ']');
    struct query *q = db_query(l->db, insert_lease_sql);
    query_bind_int(q, l->lanes[lease->lane].lane);
    query_bind_int(q, lease->now_ms);
    query_bind_text_len(q, buf_text(&list), list.len);
    int rc = query_run(q, err);
    buf_free(&list);
    *out_packet = db_last_number(l->db);
    return rc;
}

/* What was taken from among those that wait leaves the cursor where it is. */
static int pass_over(struct ledger *l, const struct lease *lease, struct error *err)
{
    struct lane *lane = &l->lanes[lease->lane];
    ledger_note_lane(l, lease->lane);
    return ledger_first_open(l, lane->lane, &lane->next_due_ms, err);
}

static void move_cursor(struct ledger *l, const struct lease *lease)
{
    ledger_note_lane(l, lease->lane);
    if (lease->count > 0) {
        l->cursors[lease->lane].due_ms = lease->places[lease->count - 1].due_ms;
        l->cursors[lease->lane].seq = lease->places[lease->count - 1].delivery;
    }
    l->lanes[lease->lane].next_due_ms =
        lease->count < lease->place_count ? lease->places[lease->count].due_ms : INT64_MAX;
}

/* Of which campaign the lane is, if it was started. */
static int find_campaign(struct ledger *l, const struct lease *lease, size_t *out,
                         struct error *err)
{
    struct batch_memo *b = NULL;
    *out = 0;
    if (l->campaign_count == 0 || l->lanes[lease->lane].batch == 0)
        return 0;
    int rc = ledger_read_batch(l, l->lanes[lease->lane].batch, &b, err);
    if (rc == 0 && b != NULL)
        *out = b->campaign_at;
    return rc;
}

static int count_firsts(struct ledger *l, const struct lease *lease, struct error *err)
{
    size_t at = l->lanes[lease->lane].campaign;
    l->cursors[lease->lane].begun_known = false;
    if (at == 0 || lease->firsts == 0)
        return 0;
    return campaign_take(l, at, lease->firsts, lease->wave_ms, lease->now_ms, err);
}

static int take(struct ledger *l, struct lease *lease, struct error *err)
{
    int64_t packet = 0;
    size_t campaign = 0;
    int rc = find_campaign(l, lease, &campaign, err);
    if (rc == 0)
        rc = lease->begun_only ? pick_begun(l, lease, err) : pick(l, lease, err);
    if (rc == 0)
        rc = read_rows(l, lease, err);
    if (rc == 0 && lease->count > 0)
        rc = insert_lease(l, lease, &packet, err);
    if (rc == 0)
        rc = count_firsts(l, lease, err);
    if (rc != 0)
        return rc;
    for (size_t i = 0; i < lease->count; i++) {
        lease->out[i].packet = packet;
        lease->flying[i].packet = packet;
        lease->flying[i].taken_ms = lease->now_ms;
        lease->flying[i].lane = l->lanes[lease->lane].lane;
        lease->flying[i].campaign = campaign;
        ledger_take_off(l, &lease->flying[i]);
    }
    if (lease->begun_only)
        return pass_over(l, lease, err);
    move_cursor(l, lease);
    return 0;
}

static int lease_from(struct ledger *l, struct lease *lease, enum ledger_durability durability,
                      struct error *err)
{
    bool own = false;
    int rc = ledger_enter(l, durability, &own, err);
    if (rc != 0)
        return rc;
    lease->places = xcalloc(lease->limit + 1, sizeof(*lease->places));
    lease->flying = xcalloc(lease->limit, sizeof(*lease->flying));
    rc = ledger_leave(l, own, take(l, lease, err), err);
    free(lease->places);
    free(lease->flying);
    return rc;
}

int ledger_lease(struct ledger *l, int64_t lane, size_t limit, int64_t now_ms,
                 enum ledger_durability durability, struct leased *out, size_t *out_count,
                 struct error *err)
{
    const struct pace_grant nobody = {0};
    return ledger_lease_paced(l, lane, limit, &nobody, now_ms, durability, out, out_count, err);
}

int ledger_lease_paced(struct ledger *l, int64_t lane, size_t limit, const struct pace_grant *grant,
                       int64_t now_ms, enum ledger_durability durability, struct leased *out,
                       size_t *out_count, struct error *err)
{
    assert(l->mode == LEDGER_WRITE);
    *out_count = 0;
    ledger_note_time(l, now_ms);
    size_t at = ledger_lane_index(l, lane);
    if (at == l->lane_count || limit == 0 || l->lanes[at].stopped ||
        l->lanes[at].next_due_ms > now_ms)
        return 0;
    struct lease lease = {.lane = at,
                          .limit = limit,
                          .now_ms = now_ms,
                          .out = out,
                          .begun_only = l->lanes[at].campaign != 0 && grant->room <= 0,
                          .room = grant->room,
                          .wave_ms = grant->wave_ms};
    int rc = lease_from(l, &lease, durability, err);
    for (size_t i = 0; rc != 0 && i < lease.count; i++)
        leased_clear(&out[i]);
    *out_count = rc == 0 ? lease.count : 0;
    return rc;
}
