/* Actions that move nothing: that somebody looked, or took something along. */
#include "ledger/ledger.h"

#include "ledger/ledger_backend.h"

int ledger_record_action(struct ledger *l, const struct action *action, int64_t count,
                         struct error *err)
{
    bool own = false;
    int rc = ledger_enter(l, LEDGER_DURABLE, &own, err);
    if (rc != 0)
        return rc;
    rc = action_insert(l, action, count, NULL, err);
    return ledger_leave(l, own, rc, err);
}
