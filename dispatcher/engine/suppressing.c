#include "engine/suppressing.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "engine/category.h"
#include "model/batch.h"
#include "model/job.h"

/* The notice as it would be sent; NULL if it cannot be read: then no category lets it pass. Drop
 * with job_free(). */
static struct job *read_job(const struct suppressing *s, struct leased *row)
{
    struct job *job = NULL;
    struct error ignored;
    if (row->batch == 0) {
        if (row->job_text == NULL ||
            job_parse(row->job_text, strlen(row->job_text), "", 1, &job, &ignored) != 0)
            return NULL;
        return job;
    }
    if (s->batch == NULL || s->shelf == NULL || shelf_read_line(s->shelf, row, &ignored) != 0)
        return NULL;
    if (batch_read_line(s->batch, row->job_text, strlen(row->job_text), "notices.jsonl", row->line,
                        &job, NULL, &ignored) != 0)
        return NULL;
    return job;
}

static bool is_overridden(const struct suppressing *s, struct leased *row, struct buf *note)
{
    const struct settings *settings = s->setup->settings;
    struct job *job = settings->suppress_override_count > 0 ? read_job(s, row) : NULL;
    const char *category =
        job != NULL ? category_of(s->setup->library, job, row->template_name) : NULL;
    bool passes = false;
    for (size_t i = 0; category != NULL && !passes && i < settings->suppress_override_count; i++)
        passes = strcmp(settings->suppress_override[i], category) == 0;
    if (passes)
        buf_printf(note, "; sent all the same: notices of the category %s override the list",
                   category);
    job_free(job);
    return passes;
}

void suppressing_put_entry(const struct suppression *entry, struct buf *out)
{
    char since[CLOCK_TEXT_SIZE], until[CLOCK_TEXT_SIZE];
    clock_format_rfc3339(entry->since_ms, since);
    if (entry->expires_ms > 0)
        buf_printf(out, "the address is suppressed since %s (%s, by %s, until %s)", since,
                   entry->cause, entry->source, clock_format_rfc3339(entry->expires_ms, until));
    else
        buf_printf(out, "the address is suppressed since %s (%s, by %s)", since, entry->cause,
                   entry->source);
    if (entry->reason != NULL && entry->reason[0] != '\0')
        buf_printf(out, ": %s", entry->reason);
}

/* What a server refused at its door keeps off what comes from then on. What was there before goes
 * its way: or a retry, once the server is mended, would be none. */
static bool is_older(const struct leased *row, const struct suppression *entry)
{
    return strcmp(entry->source, "reply") == 0 && row->accepted_ms <= entry->since_ms;
}

int suppressing_ask(const struct suppressing *s, struct leased *row, int64_t now_ms,
                    enum suppressing_answer *out, char *cause, struct buf *note, struct error *err)
{
    struct suppression entry;
    struct buf key = {0};
    bool found = false;
    *out = SUPPRESSING_PASS;
    if (s->ledger == NULL || row->channel == CHANNEL_WEBHOOK || !ledger_has_suppressions(s->ledger))
        return 0;
    suppression_put_key(row->channel, row->address, &key);
    int rc = ledger_find_suppression(s->ledger, row->channel, buf_text(&key), now_ms, &found,
                                     &entry, err);
    buf_free(&key);
    if (rc != 0 || !found || is_older(row, &entry))
        return rc;
    suppressing_put_entry(&entry, note);
    snprintf(cause, DISPOSITION_CAUSE_SIZE, "%s", entry.cause);
    *out = is_overridden(s, row, note) ? SUPPRESSING_OVERRIDDEN : SUPPRESSING_STOP;
    return 0;
}
