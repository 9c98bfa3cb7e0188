/*
 * From an address or number somebody calls from to the notices that went there.
 *
 *   {"verb":"address","address":"kim@example.org"}
 *
 * The request is repeated with the "position" of the last answer while that has "more":true: a
 * piece at a time, so that nobody waits for a daemon that reads millions of rows. Who asks knows
 * the address already, and learns ids alone.
 */
#include "engine/requests_backend.h"
#include "model/json.h"

#define STEP 20000

static void put_found(void *context, const char *id)
{
    struct buf *out = context;
    buf_puts(out, "{\"v\":1");
    answer_put_text(out, "id", id);
    buf_puts(out, "}\n");
}

int request_address(const struct request *r, struct error *err)
{
    const char *address = json_get_text(r->root, "address", "");
    int64_t position = json_get_int(r->root, "position", 0);
    bool more = false;
    if (address[0] == '\0')
        return error_set(err, ERR_USAGE, "which address?");
    int rc = ledger_walk_addresses(r->world->ledger, address, &position, STEP, put_found, r->out,
                                   &more, err);
    if (rc == 0)
        buf_printf(r->out, "{\"v\":1,\"end\":true,\"more\":%s,\"position\":%lld}\n",
                   more ? "true" : "false", (long long)position);
    return rc;
}
