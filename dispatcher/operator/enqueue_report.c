#include "operator/enqueue_report.h"

#include <stdio.h>

#include "base/buf.h"
#include "base/text.h"
#include "engine/intake.h"
#include "operator/output.h"

/* ---- refused ---- */

static void show_refused(const struct batch_result *r)
{
    char wrong[OUTPUT_NUMBER_SIZE], all[OUTPUT_NUMBER_SIZE];
    if (r->unreadable) {
        fprintf(stderr, "The file must be saved anew first; nothing was queued. See %s.\n",
                r->file);
        return;
    }
    if (r->count == 0 && !r->batch_wrong) {
        fprintf(stderr, "The columns must be mended first; nothing was queued. See %s.\n", r->file);
        return;
    }
    bool rows = r->count > 0 && r->wrong > 0; /* the row of the names is none */
    if (r->batch_wrong)
        fprintf(stderr, "What all share must be mended first%s", rows ? ", and " : "");
    if (rows || !r->batch_wrong)
        fprintf(stderr, "%s of %s %s %s wrong", output_number(r->wrong, wrong),
                output_number(r->count, all), r->count == 1 ? "row" : "rows",
                r->wrong == 1 ? "is" : "are");
    fprintf(stderr, "; nothing was queued. All that is wrong: %s\n", r->file);
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

void report_fallbacks(const struct fallbacks *f, const char *place)
{
    char number[OUTPUT_NUMBER_SIZE];
    if (f->count == 0)
        return;
    fprintf(stderr, "%s %s a language nobody asked for:", output_number(f->count, number),
            text_plural(f->count, "recipient gets", "recipients get"));
    for (int64_t i = 0; i < f->count && i < FALLBACKS_SHOWN; i++) {
        const struct fallback *one = &f->first[i];
        fprintf(stderr, "%s %s %lld %s %s", i == 0 ? "" : ",", place, (long long)one->row,
                one->held ? "is held in" : "gets", one->gets);
        if (one->asked[0] != '\0')
            fprintf(stderr, " (the letter is not written in %s)", one->asked);
        else
            fprintf(stderr, " (it names none)");
    }
    if (f->count > FALLBACKS_SHOWN)
        fprintf(stderr, ", and %s more", output_number(f->count - FALLBACKS_SHOWN, number));
    fprintf(stderr, "\n");
}

void report_trial(const char *id)
{
    fprintf(stderr,
            "Trial mode is on: only recipients on the allow list get it. To send to the others "
            "later: dispatcher live on, then dispatcher retry %s%s%s--state suppressed "
            "--cause trial_mode\n",
            id != NULL ? "--batch " : "", id != NULL ? id : "", id != NULL ? " " : "");
}

void report_queued(const struct batch_result *r)
{
    char count[OUTPUT_NUMBER_SIZE];
    if (r->json) {
        printf("{\"v\":1,\"end\":true,\"id\":\"%s\",\"status\":\"%s\",\"count\":%lld,"
               "\"locale_fallbacks\":%lld,\"trial\":%s}\n",
               r->id, r->known ? "duplicate" : "queued", (long long)r->count,
               (long long)r->fallbacks->count, r->trial ? "true" : "false");
        return;
    }
    printf("%s %lld\n", r->id, (long long)r->count);
    fprintf(stderr, "%s %s %s as batch %s. Follow: dispatcher watch %s\n",
            output_number(r->count, count), r->count == 1 ? "recipient is" : "recipients are",
            r->known ? "already known" : "queued", r->id, r->id);
    if (r->trial && !r->known)
        report_trial(r->id);
}
