#include "people/handover_report.h"

#include <stdio.h>

#include "base/buf.h"
#include "base/text.h"
#include "cli/output.h"
#include "cli/say.h"
#include "engine/intake.h"

/* ---- refused ---- */

static void show_wrong(const struct batch_result *r)
{
    char wrong[OUTPUT_NUMBER_SIZE], all[OUTPUT_NUMBER_SIZE];
    bool rows = r->count > 0 && r->wrong > 0; /* the row of the names is none */
    output_number(r->wrong, wrong);
    output_number(r->count, all);
    if (r->batch_wrong && !rows)
        say(r->inv, stderr,
            "What all share must be mended first; nothing was queued. All that is wrong: %s\n",
            r->file);
    else if (r->batch_wrong && r->wrong == 1)
        say(r->inv, stderr,
            "What all share must be mended first, and 1 of %s rows is wrong; nothing was "
            "queued. All that is wrong: %s\n",
            all, r->file);
    else if (r->batch_wrong)
        say(r->inv, stderr,
            "What all share must be mended first, and %s of %s rows are wrong; nothing was "
            "queued. All that is wrong: %s\n",
            wrong, all, r->file);
    else if (r->count == 1)
        say(r->inv, stderr, "1 of 1 row is wrong; nothing was queued. All that is wrong: %s\n",
            r->file);
    else if (r->wrong == 1)
        say(r->inv, stderr, "1 of %s rows is wrong; nothing was queued. All that is wrong: %s\n",
            all, r->file);
    else
        say(r->inv, stderr, "%s of %s rows are wrong; nothing was queued. All that is wrong: %s\n",
            wrong, all, r->file);
}

static void show_refused(const struct batch_result *r)
{
    if (r->unreadable)
        say(r->inv, stderr, "The file must be saved anew first; nothing was queued. See %s.\n",
            r->file);
    else if (r->count == 0 && !r->batch_wrong)
        say(r->inv, stderr, "The columns must be mended first; nothing was queued. See %s.\n",
            r->file);
    else
        show_wrong(r);
}

void report_refused(const struct batch_result *r)
{
    struct buf line = {0};
    if (!r->json) {
        show_refused(r);
        return;
    }
    buf_printf(&line,
               "{\"v\":1,\"end\":true,\"status\":\"rejected\",\"rows\":%lld,\"wrong\":%lld,"
               "\"problems\":%lld,\"file\":",
               (long long)r->count, (long long)r->wrong, (long long)r->problems);
    buf_put_json(&line, r->file);
    printf("%s}\n", line.data);
    buf_free(&line);
}

void report_denied(const struct invocation *inv, const char *id, const struct error *why)
{
    struct buf line = {0};
    bool final = why->code == ERR_CONFLICT || why->code == ERR_INPUT || why->code == ERR_DENIED;
    if (!invocation_json(inv) || !final)
        return;
    buf_puts(&line, "{\"v\":1,\"end\":true");
    if (id != NULL) {
        buf_puts(&line, ",\"id\":");
        buf_put_json(&line, id);
    }
    buf_printf(&line, ",\"status\":\"%s\",\"errors\":[{\"detail\":",
               why->code == ERR_CONFLICT ? "conflict" : "rejected");
    output_put_error(&line, why);
    printf("%s}]}\n", buf_text(&line));
    buf_free(&line);
}

/* ---- queued ---- */

void fallbacks_add(struct fallbacks *f, int64_t row, const struct intake_plan *plan)
{
    if (!plan->fallback)
        return;
    if (f->count < FALLBACKS_SHOWN) {
        struct fallback *one = &f->first[f->count];
        one->row = row;
        one->held = plan->route.on_fallback == FALLBACK_HOLD;
        snprintf(one->asked, sizeof(one->asked), "%s",
                 plan->route.locale_is_fallback ? "" : plan->route.locale);
        snprintf(one->gets, sizeof(one->gets), "%s", plan->locale);
    }
    f->count++;
}

static void show_fallback(const struct invocation *inv, const struct fallback *one,
                          const char *place)
{
    long long row = (long long)one->row;
    const char *where = say_word(inv, place);
    if (one->held && one->asked[0] != '\0')
        say(inv, stderr, "%s %lld is held in %s (the letter is not written in %s)", where, row,
            one->gets, one->asked);
    else if (one->held)
        say(inv, stderr, "%s %lld is held in %s (it names none)", where, row, one->gets);
    else if (one->asked[0] != '\0')
        say(inv, stderr, "%s %lld gets %s (the letter is not written in %s)", where, row, one->gets,
            one->asked);
    else
        say(inv, stderr, "%s %lld gets %s (it names none)", where, row, one->gets);
}

void report_fallbacks(const struct invocation *inv, const struct fallbacks *f, const char *place)
{
    char number[OUTPUT_NUMBER_SIZE];
    if (f->count == 0)
        return;
    if (f->count == 1)
        say(inv, stderr, "1 recipient gets a language nobody asked for:");
    else
        say(inv, stderr,
            "%s recipients get a language nobody asked for:", output_number(f->count, number));
    for (int64_t i = 0; i < f->count && i < FALLBACKS_SHOWN; i++) {
        fputs(i == 0 ? " " : ", ", stderr);
        show_fallback(inv, &f->first[i], place);
    }
    if (f->count > FALLBACKS_SHOWN)
        say(inv, stderr, ", and %s more", output_number(f->count - FALLBACKS_SHOWN, number));
    fputs("\n", stderr);
}

void report_trial(const struct invocation *inv, const char *id)
{
    if (id != NULL)
        say(inv, stderr,
            "Trial mode is on: only recipients on the allow list get it. To send to the others "
            "later: dispatcher live on, then dispatcher retry --batch %s --state suppressed "
            "--cause trial_mode\n",
            id);
    else
        say(inv, stderr,
            "Trial mode is on: only recipients on the allow list get it. To send to the others "
            "later: dispatcher live on, then dispatcher retry --state suppressed --cause "
            "trial_mode\n");
}

static void show_queued(const struct batch_result *r)
{
    char count[OUTPUT_NUMBER_SIZE];
    output_number(r->count, count);
    if (r->known && r->count == 1)
        say(r->inv, stderr,
            "1 recipient is already known as batch %s. Follow: dispatcher watch %s\n", r->id,
            r->id);
    else if (r->known)
        say(r->inv, stderr,
            "%s recipients are already known as batch %s. Follow: dispatcher watch %s\n", count,
            r->id, r->id);
    else if (r->count == 1)
        say(r->inv, stderr, "1 recipient is queued as batch %s. Follow: dispatcher watch %s\n",
            r->id, r->id);
    else
        say(r->inv, stderr, "%s recipients are queued as batch %s. Follow: dispatcher watch %s\n",
            count, r->id, r->id);
}

void report_queued(const struct batch_result *r)
{
    if (r->json) {
        printf("{\"v\":1,\"end\":true,\"id\":\"%s\",\"status\":\"%s\",\"count\":%lld,"
               "\"locale_fallbacks\":%lld,\"trial\":%s}\n",
               r->id, r->known ? "duplicate" : "queued", (long long)r->count,
               (long long)r->fallbacks->count, r->trial ? "true" : "false");
        return;
    }
    printf("%s %lld\n", r->id, (long long)r->count);
    show_queued(r);
    if (r->trial && !r->known)
        report_trial(r->inv, r->id);
}
