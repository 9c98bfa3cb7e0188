/*
 * rules.yaml: which template, language and channels a notice gets. A flat list, first match wins:
 *
 *   schema: 1
 *   locale: {fallback: en, aliases: {kr: ko}, on_fallback: warn}
 *   rules:
 *     - name: breach-korea
 *       when: {campaign: "breach-*", locale: ko}         template, category, priority
 *       then: {template: apology, channels: [email, sms], all_channels: true, on_fallback: hold}
 *     - name: default
 *       then: {channels: [email]}
 */
#ifndef CONFIG_RULES_H
#define CONFIG_RULES_H

#include "config/load.h"
#include "model/settings.h"

struct param;
struct param_table;
/* The keys of the file, of one rule, and of what stands in its `after`. */
extern const struct param_table rules_file_table, rules_rule_table;
extern const struct param rules_after_row;

/* Fills `rules` (whose `file` is set) from the file. `where` is the setting that names it. */
void rules_read(struct load *l, struct place where, struct rules *rules);
/* No file: nothing is chosen, a job must say it all. */
void rules_default(struct rules *rules);

#endif
