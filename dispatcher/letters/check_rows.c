#include "letters/check_rows.h"

#include <inttypes.h>
#include <sysexits.h>

#include "base/text.h"
#include "engine/setup.h"
#include "people/campaign_batch.h"
#include "people/handover.h"

#define ROWS_TOLD 20

struct looking {
    struct check_scene *scene;
    const char *table;
    int64_t told;
};

/* Several people may share a mailbox; everything else keeps the row from being sent. */
static enum problem_level level_of(const struct finding *f)
{
    return text_starts_with(f->problem, "the same ") ? PROBLEM_WARNING : PROBLEM_ERROR;
}

static void tell(void *context, const struct finding *f)
{
    struct looking *l = context;
    struct place at = {l->table, (int)f->row, 1};
    if (++l->told > ROWS_TOLD)
        return;
    problems_add(&l->scene->problems, level_of(f), &at, "audience-row", "%s%s%s%s%s",
                 f->column != NULL ? f->column : "", f->column != NULL ? ": " : "", f->problem,
                 f->mend != NULL ? "; " : "", f->mend != NULL ? f->mend : "");
}

static void tell_others(const struct looking *l, const struct campaign *c)
{
    struct place at = {l->table, 0, 0};
    if (l->told > ROWS_TOLD)
        problems_add_error(&l->scene->problems, &at, "audience-row",
                           "%" PRId64 " more; `dispatcher send %s --dry-run` writes all of them to "
                           "problems.csv",
                           l->told - ROWS_TOLD, c->file);
}

static int look(struct check_scene *s, const struct setup *setup, const struct campaign *c,
                const struct campaign_cohort *cohort, struct error *err)
{
    struct looking looking = {.scene = s, .table = cohort->audience};
    struct handover *h = NULL;
    struct buf text = {0};
    campaign_batch_put(c, cohort, c->send_at_ms, NULL, &text);
    const struct handover_options options = {.inv = s->report.inv,
                                             .setup = setup,
                                             .batch = c->file,
                                             .text = &text,
                                             .of_campaign = true,
                                             .sheet = c->facts,
                                             .cohort = cohort->name,
                                             .csv = cohort->audience,
                                             .dry = true,
                                             .on_finding = tell,
                                             .context = &looking};
    int rc = handover_open(&options, &h, err);
    if (rc == 0)
        rc = handover_read(h, err);
    tell_others(&looking, c);
    handover_close(h);
    buf_free(&text);
    return rc == EX_DATAERR || rc == ERR_INPUT ? 0 : rc;
}

int check_rows(struct check_scene *s, const struct campaign *c, struct error *err)
{
    struct config_options options = *invocation_config(s->report.inv);
    struct setup *setup = NULL;
    struct error ignored;
    int rc = 0;
    options.without_secrets = true;
    if (setup_load(&options, 1, &setup, &ignored) != 0)
        return 0; /* what is wrong with the others is theirs, and told where they are checked */
    for (size_t i = 0; rc == 0 && i < c->cohort_count; i++) {
        if (c->cohorts[i].audience != NULL)
            rc = look(s, setup, c, &c->cohorts[i], err);
    }
    setup_release(setup);
    return rc;
}
