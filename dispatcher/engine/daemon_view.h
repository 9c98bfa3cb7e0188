/* What the daemon tells about itself: the answer to `status`, the line of SIGUSR1. */
#ifndef ENGINE_DAEMON_VIEW_H
#define ENGINE_DAEMON_VIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "engine/batch_intake.h"
#include "engine/dispatch.h"
#include "ledger/ledger.h"
#include "model/settings.h"
#include "spool/spool.h"

/* Everything is borrowed. */
struct daemon_view {
    const struct settings *settings;
    const struct library *library;
    const struct spool *spool;
    const struct ledger *ledger;
    const struct batch_intake *batches;
    struct dispatch *dispatch;
    int64_t uptime_ms;
    const char *refused_config; /* why the last reload was refused; "" */
    bool stopping;
};

/* Appends members of a JSON object, each behind a comma. */
void daemon_view_put(const struct daemon_view *v, struct buf *out);
/* Rows of metrics_put(): workers, brakes, ledger, disk. */
void daemon_view_put_metrics(const struct daemon_view *v, struct buf *out);
/* {"name":"spool","ok":true}, ...: may traffic be sent here, and does it go on? */
void daemon_view_put_checks(const struct daemon_view *v, struct buf *out);

#endif
