#include "engine/batch_rows.h"

#include "base/log.h"
#include "engine/metrics.h"

#define LINES_TOLD 20 /* wrong lines of a batch that the log names */

void batch_rows_begin(struct batch_rows *r, int64_t now_ms)
{
    r->now_ms = now_ms;
    r->line = r->next_line;
    r->offset = r->next_offset;
    r->group_bad_lines = 0;
    r->open = false;
    r->finished = false;
}

bool batch_rows_expects(const struct batch_rows *r, const struct planned_line *line)
{
    return line->line == r->line && line->offset == r->offset && line->line <= r->parsed->count;
}

/* Not synced: a power cut takes these rows and the position together, and the batch itself is safe.
 * What is sent meanwhile syncs its outcome, and by that its row. */
static int open_group(struct batch_rows *r, struct error *err)
{
    if (r->open)
        return 0;
    int rc = ledger_begin(r->ledger, LEDGER_FAST, err);
    r->open = rc == 0;
    return rc;
}

static void tell_bad_line(struct batch_rows *r, int64_t line, const char *why)
{
    if (r->bad_lines + ++r->group_bad_lines <= LINES_TOLD)
        log_event(LOG_WARN, "batch.line", "id=%s line=%lld reason=\"%s\"", r->parsed->id,
                  (long long)line, why);
}

int batch_rows_put(struct batch_rows *r, const struct planned_line *line, struct error *err)
{
    bool known = false;
    int rc = open_group(r, err);
    if (rc == 0)
        rc = ledger_put_line(r->ledger, r->batch, line, r->now_ms, &known, err);
    if (rc == 0 && known)
        tell_bad_line(r, line->line, "its recipient stands in the batch already");
    r->line = line->line + 1;
    r->offset = line->offset + line->length + 1;
    return rc;
}

int batch_rows_put_bad(struct batch_rows *r, const struct settings *settings,
                       const struct planned_line *place, const char *why, struct error *err)
{
    const struct job *shared = r->parsed->shared;
    enum channel_kind kind = shared->channel_count > 0 ? shared->channels[0] : CHANNEL_EMAIL;
    const struct transport *t = settings_transport_for(settings, kind);
    const struct planned_delivery failed = {.channel = kind,
                                            .transport = t != NULL ? t->name : "",
                                            .address = "",
                                            .state = DELIVERY_FAILED,
                                            .cause = "invalid",
                                            .remark = why,
                                            .due_ms = r->now_ms};
    const struct planned_line line = {
        .line = place->line,
        .offset = place->offset,
        .length = place->length,
        .recipient = place->recipient,
        .template_name = shared->template_name != NULL ? shared->template_name : "",
        .locale = shared->locale != NULL ? shared->locale : "",
        .deliveries = &failed,
        .count = 1};
    tell_bad_line(r, line.line, why);
    return batch_rows_put(r, &line, err);
}

int batch_rows_finish(struct batch_rows *r, struct error *err)
{
    if (r->line != r->parsed->count + 1)
        return error_set(err, ERR_INTERNAL, "the batch %s ends at line %lld instead of %lld",
                         r->parsed->id, (long long)r->line - 1, (long long)r->parsed->count);
    int rc = open_group(r, err);
    r->finished = rc == 0;
    return rc;
}

int batch_rows_commit(struct batch_rows *r, struct error *err)
{
    if (!r->open)
        return 0;
    int rc = ledger_advance_batch(r->ledger, r->batch, r->line, r->offset, r->finished, err);
    if (rc == 0)
        rc = ledger_commit(r->ledger, err);
    if (rc != 0)
        return rc;
    r->open = false;
    metrics_note_lines(r->line - r->next_line - r->group_bad_lines, r->group_bad_lines);
    r->next_line = r->line;
    r->next_offset = r->offset;
    r->bad_lines += r->group_bad_lines;
    return 0;
}
