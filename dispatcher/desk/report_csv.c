/* The report for spreadsheets and programs: words as in JSON, numbers as they are. */
#include "cli/csv_put.h"
#include "desk/report.h"

void report_put_csv(const struct report *r, struct buf *out)
{
    buf_puts(out, "campaign,cohort,batch,language,language_fallback,channel,channel_fallback,state,"
                  "cause,people\r\n");
    for (size_t i = 0; i < r->count; i++) {
        const struct report_group *g = &r->groups[i];
        csv_put_cell(out, r->name, true);
        csv_put_cell(out, g->cohort, false);
        csv_put_cell(out, g->batch, false);
        csv_put_cell(out, g->locale, false);
        csv_put_cell(out, g->language_fallback ? "yes" : "no", false);
        csv_put_cell(out, channel_kind_name(g->channel), false);
        csv_put_cell(out, g->channel_fallback ? "yes" : "no", false);
        csv_put_cell(out, delivery_state_name(g->state), false);
        csv_put_cell(out, g->cause, false);
        buf_printf(out, ",%lld\r\n", (long long)g->count);
    }
}
