#include "desk/enqueue_batch.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "cli/output.h"
#include "desk/enqueue_campaign.h"
#include "desk/enqueue_inline.h"
#include "people/findings.h"
#include "people/handover.h"

/* ---- what is handed over ---- */

/* A campaign names its letter, its facts and its people itself. */
static int name_campaign(struct handover_options *o, struct enqueue_campaign *campaign,
                         struct error *err)
{
    static const char *const others[] = {"batch", "csv", "jsonl", "facts"};
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        if (option_given(o->inv, others[i]))
            return error_set(err, ERR_USAGE,
                             "--campaign says what --%s would: leave one of the two out",
                             others[i]);
    }
    int rc = enqueue_campaign_read(o->inv, o->setup->settings, campaign, err);
    if (rc == 0) {
        o->batch = campaign->campaign->file;
        o->csv = campaign->cohort->audience;
        o->sheet = campaign->campaign->facts;
        o->text = &campaign->batch;
        o->of_campaign = true;
    }
    return rc;
}

/* What all share stands in batch.json, in a campaign, or in options beside --template. */
static int name_shared(struct handover_options *o, struct enqueue_campaign *campaign,
                       struct error *err)
{
    const struct invocation *inv = o->inv;
    const char *other = enqueue_inline_given(inv);
    if (option_given(inv, "template") && o->batch != NULL)
        return error_set(err, ERR_USAGE,
                         "batch.json names the letter itself: leave --template or --batch out");
    if (option_given(inv, "template")) {
        o->batch = INLINE_SHOWN;
        return 0;
    }
    if (other != NULL)
        return error_set(err, ERR_USAGE, "--%s goes with --template only; else it stands in %s",
                         other, option_given(inv, "campaign") ? "the campaign" : "batch.json");
    if (option_given(inv, "campaign"))
        return name_campaign(o, campaign, err);
    if (o->batch == NULL)
        return error_set(err, ERR_USAGE,
                         "what all recipients share is missing: add --template NAME, or --batch "
                         "batch.json");
    return 0;
}

static int read_names(struct handover_options *o, struct enqueue_campaign *campaign,
                      struct error *err)
{
    const struct invocation *inv = o->inv;
    int rc = name_shared(o, campaign, err);
    if (rc != 0)
        return rc;
    const char *shared = option_given(inv, "template") ? "template" : "batch";
    if ((o->csv == NULL) == (o->jsonl == NULL))
        return error_set(err, ERR_USAGE,
                         "--%s needs its recipients: either --csv FILE or --jsonl FILE", shared);
    if (argument_count(inv) > 0)
        return error_set(err, ERR_USAGE, "with --%s there is no other FILE than that of %s", shared,
                         o->csv != NULL ? "--csv" : "--jsonl");
    const char *rows = o->csv != NULL ? o->csv : o->jsonl;
    if (findings_would_overwrite(o->problems, rows) ||
        findings_would_overwrite(o->problems, o->batch))
        return error_set(err, ERR_USAGE, "--problems %s would overwrite what is to be read",
                         o->problems);
    return 0;
}

/* ---- handing over ---- */

static int publish(struct handover *h, struct error *err)
{
    struct batch_result result;
    handover_put_result(h, &result);
    int rc = handover_publish(h, &result.known, err);
    if (rc == 0 && !result.json)
        report_fallbacks(result.inv, result.fallbacks, "row");
    if (rc == 0)
        report_queued(&result); /* it is safe now */
    return rc;
}

static int put_inline(struct handover_options *o, struct buf *text, struct error *err)
{
    if (!option_given(o->inv, "template"))
        return 0;
    o->text = text;
    return enqueue_inline_put(o->inv, o->setup, o->csv != NULL ? o->csv : o->jsonl, text, err);
}

static int hand_over(const struct handover_options *o, struct error *err)
{
    struct handover *h = NULL;
    struct batch_result result;
    int rc = handover_open(o, &h, err);
    if (rc == 0)
        rc = handover_read(h, err);
    if (rc == EX_DATAERR) {
        handover_put_result(h, &result);
        report_refused(&result);
    } else if (rc == 0) {
        rc = publish(h, err);
    }
    if (rc < 0)
        report_denied(o->inv, handover_id(h), err);
    handover_close(h);
    return rc;
}

/* Whoever interrupted hears what became of it before the process ends by that signal. */
static void end_held(const struct interrupt *i, int rc, const struct error *err)
{
    if (interrupt_asked(i)) {
        fflush(stdout);
        if (rc < 0)
            output_error(err);
    }
    interrupt_release(i);
}

int enqueue_batch(const struct invocation *inv, const struct setup *setup, struct spool *spool,
                  struct client *client, struct error *err)
{
    struct enqueue_campaign campaign = {0};
    struct interrupt interrupt;
    struct buf text = {0};
    const char *problems = option_value(inv, "problems");
    struct handover_options o = {
        .inv = inv,
        .setup = setup,
        .spool = spool,
        .client = client,
        .interrupt = &interrupt,
        .batch = option_value(inv, "batch"),
        .sheet = option_value(inv, "facts"),
        .cohort = option_value(inv, "cohort"),
        .csv = option_value(inv, "csv"),
        .jsonl = option_value(inv, "jsonl"),
        .problems = problems != NULL ? problems : PROBLEMS_FILE,
        .shared_addresses = option_given(inv, "shared-addresses"),
        .partial = option_given(inv, "partial"),
    };
    int rc = read_names(&o, &campaign, err);
    if (rc == 0)
        rc = put_inline(&o, &text, err);
    interrupt_hold(&interrupt);
    if (rc == 0)
        rc = hand_over(&o, err);
    enqueue_campaign_free(&campaign);
    buf_free(&text);
    end_held(&interrupt, rc, err);
    return rc;
}
