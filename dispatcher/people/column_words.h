/*
 * What people call things in their own spreadsheets, in German, Korean and English. Such a word is
 * only explained, never taken for what it likely means: a column of the wrong meaning would be
 * sent.
 */
#ifndef PEOPLE_COLUMN_WORDS_H
#define PEOPLE_COLUMN_WORDS_H

struct column_word {
    const char *word;   /* small letters, no spaces or punctuation */
    const char *member; /* what it is called here: "given_name" */
    const char *also;   /* what to watch out for, behind "rename it to MEMBER"; NULL: nothing */
};

/* By a header as the file writes it ("Tel.-Nr."); NULL: no such word. */
const struct column_word *words_find_column(const char *header);
/* "female" for "Frau"; NULL: no such word. */
const char *words_find_gender(const char *value);

#endif
