/*
 * A job: what a producer hands over, one notice for one recipient (job envelope, version 1). The
 * text is JSON, strict: unknown members, duplicate keys, invalid UTF-8, times without an offset and
 * depth over 32 are errors that name file:line:column. Parsing keeps nothing of the input but what
 * is in the struct.
 */
#ifndef MODEL_JOB_H
#define MODEL_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/error.h"
#include "model/attachment.h"
#include "model/delivery.h"

#define JOB_TEXT_MAX     (256 * 1024)
#define JOB_DEPTH_MAX    32
#define JOB_CHANNELS_MAX 8

struct json_t;

enum job_method {
    JOB_SINGLE,
    JOB_ALL
}; /* channels one after the other until one worked, or all of them */
enum job_priority { JOB_LOW, JOB_NORMAL, JOB_HIGH };

/* Whom a letter greets besides the recipient: to.second. Members are NULL if absent. */
struct person {
    char *name;
    char *title;
    char *given_name;
    char *family_name;
    char *gender; /* "female", "male", "neutral" */
};

struct recipient {
    char *recipient_id; /* NULL if absent, like all of these */
    char *name;
    char *title;
    char *given_name;
    char *family_name;
    char *gender;   /* "female", "male", "neutral" */
    char *email;    /* passes address_check_email() */
    char *phone;    /* E.164 */
    char *webhook;  /* the name of an endpoint, never a URL */
    char *timezone; /* IANA name, checked by render */
    /* A letter to two people: the other one, who has no address here. */
    struct person second;
};

struct job {
    char *id;
    char *idempotency_key; /* NULL if absent */
    char *template_name;   /* NULL: the rules choose */
    int template_version;  /* 0: any */
    char *locale;          /* BCP 47 as written, NULL: the rules' fallback */
    struct recipient to;
    bool has_routing;
    enum job_method method;
    enum channel_kind channels[JOB_CHANNELS_MAX];
    size_t channel_count; /* 0: the rules choose */
    enum job_priority priority;
    char *category;        /* NULL if absent */
    char *campaign;        /* NULL if absent */
    char *reference;       /* NULL if absent */
    char *event_type;      /* overrides.webhook.event_type, NULL: the template's name */
    char *condition;       /* endpoint that is asked before it leaves; NULL: none */
    char *reply_to;        /* address of a mail's answers, NULL: the organisation's */
    char *unsubscribe_url; /* https, NULL: what the configuration says for the category */
    struct attachments attachments;
    int64_t created_at_ms; /* 0 if absent */
    int64_t not_before_ms; /* 0 if absent */
    int64_t expires_at_ms; /* 0 if absent */
    struct json_t *root;   /* the whole document; of a batch's line: the line. One reference */
    struct json_t *shared; /* of a batch's line: batch.json. One reference; else NULL */
    struct json_t *data;   /* an object, the line's laid over the batch's; NULL if absent. One
                              reference */
};

/*
 * Parses and checks one job. `file` and `first_line` only appear in messages. ERR_INPUT: a sentence
 * with file:line:column. Caller frees with job_free(); *out is NULL on failure.
 */
MUST_CHECK int job_parse(const char *text, size_t len, const char *file, int first_line,
                         struct job **out, struct error *err);
/* A sample for preview: the same, but `version`, `id` and `template` may be absent (id becomes
 * "preview"). */
MUST_CHECK int job_parse_fixture(const char *text, size_t len, const char *file, struct job **out,
                                 struct error *err);
/* A job of its own with the same content; the JSON is shared. */
struct job *job_copy(const struct job *job);
void job_free(struct job *job);

struct buf;
/* The canonical form (sorted keys, no white space), appended; of a batch's line: as if it had been
 * handed over alone. */
void job_put_canonical(const struct job *job, struct buf *out);
/* What a notice may hold, as JSON Schema, appended. */
void job_put_schema(struct buf *out);
/*
 * SHA-256 by which a repeat is told from a conflict: equal content, equal digest, whatever the
 * spelling. With an idempotency_key the names (id and key) do not count: the same key under another
 * id is the same notice. `canonical` saves work if the caller has it; NULL: made here.
 */
void job_digest(const struct job *job, const struct buf *canonical, unsigned char out[DIGEST_SIZE]);

/* The address of the recipient on a channel (e-mail, number, endpoint name), NULL if there is none.
 * Borrowed. */
const char *job_address(const struct job *job, enum channel_kind kind);

#endif
