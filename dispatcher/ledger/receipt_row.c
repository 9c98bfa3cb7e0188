/* What a receipt says, as columns: the same in `receipt` and in `parked`. */
#include "ledger/ledger.h"

#include <stdio.h>

#include "base/alloc.h"
#include "ledger/db.h"
#include "ledger/ledger_backend.h"

static void bind_text_or_null(struct query *q, const char *text)
{
    query_bind_text(q, text != NULL && text[0] != '\0' ? text : NULL);
}

void receipt_bind(struct query *q, const struct receipt *r, int64_t transport)
{
    query_bind_int(q, r->kind);
    query_bind_int(q, r->at_ms);
    query_bind_int(q, transport);
    bind_text_or_null(q, r->message_id);
    bind_text_or_null(q, r->address);
    query_bind_int(q, r->proven);
    query_bind_int(q, r->lasting);
    query_bind_int(q, r->opted_out);
    query_bind_int(q, r->code);
    query_bind_text(q, r->enhanced);
    query_bind_text(q, r->cause);
    query_bind_text(q, r->source);
    query_bind_text(q, r->text);
}

static void copy_text(struct query *q, char *out, size_t size)
{
    snprintf(out, size, "%s", ledger_read_text(q));
}

int receipt_read(const struct ledger *l, struct query *q, struct receipt *out, struct error *err)
{
    int64_t kind = query_int(q);
    if (kind <= RECEIPT_NONE || kind >= RECEIPT_KINDS)
        return ledger_damaged(l, "there is no kind of receipt", kind, err);
    *out = (struct receipt){.kind = (enum receipt_kind)kind, .at_ms = query_int(q)};
    out->transport = xstrdup(query_text(q));
    out->message_id = xstrdup(query_text(q));
    out->address = xstrdup(query_text(q));
    out->proven = query_int(q) != 0;
    out->lasting = query_int(q) != 0;
    out->opted_out = query_int(q) != 0;
    out->code = (int)query_int(q);
    copy_text(q, out->enhanced, sizeof(out->enhanced));
    copy_text(q, out->cause, sizeof(out->cause));
    copy_text(q, out->source, sizeof(out->source));
    copy_text(q, out->text, sizeof(out->text));
    return 0;
}
