#include "channel/http_verdict.h"

const struct http_verdict *http_verdict_find(const struct http_verdict_tables *tables,
                                             const struct http_answer *answer)
{
    if (answer->error != HTTP_ANSWERED)
        return &tables->failures[answer->error];
    size_t i = 0;
    for (; i + 1 < tables->status_count; i++) {
        const struct http_status_rule *rule = &tables->statuses[i];
        if (answer->status >= rule->from && answer->status <= rule->to &&
            (!rule->with_advice || answer->retry_after_s > 0))
            break;
    }
    return &tables->statuses[i].verdict;
}

void http_verdict_set(const struct http_verdict *verdict, const struct http_answer *answer,
                      const struct buf *reply, struct disposition *out)
{
    disposition_set(out, verdict->outcome, answer->status, verdict->cause, buf_text(reply),
                    reply->len);
    out->retry_after_s = verdict->outcome == OUTCOME_DELIVERED ? 0 : answer->retry_after_s;
}
