-- Which rules found an item, to say how often each was right. Nothing of what is sealed stands here.
CREATE TABLE item_rule (
    rule TEXT NOT NULL,
    item TEXT NOT NULL,
    PRIMARY KEY (rule, item)
);
CREATE INDEX item_rule_by_item ON item_rule (item);
