"""`gatehouse scan` for the scripts that measure: one invented school, nothing that listens, a folder of its own."""
import json, subprocess

CONFIG = """hostname = "gate.oakfield.example"
mode = "enforce"
data = "data"
rulesets = ["{rules}"]
disclaimers = "empty"
[keys]
working = {{ file = "working.key" }}
[[next-hop]]
name = "own"
domains = ["*"]
hosts = ["127.0.0.1:9"]
tls = "never"
[[school]]
id = "oakfield"
name = "Oakfield Community School"
domains = ["oakfield.example"]
[school.officers]
lead = ["p.nair@oakfield.example"]
"""
OUTSIDE, TEACHER = "someone@chat.example", "g.okafor@oakfield.example"


class Gate:
    def __init__(self, program, folder, rules="empty", more=""):
        """`more` is added to gatehouse.toml. Without rules only what is built in finds anything."""
        self.program, self.config = program, folder / "gatehouse.toml"
        (folder / "empty").mkdir(parents=True)
        self.config.write_text(CONFIG.format(rules=rules) + more)
        subprocess.run([program, "keys", "generate", "working", folder / "working.key"], check=True, capture_output=True)

    def scan(self, mails):
        """What is said of each message of a folder. Its name is its number, `7.eml`; so is the key here."""
        command = [self.program, "--config", self.config, "scan", "--format", "jsonl", "--jobs", "1",
                   "--from", OUTSIDE, "--to", TEACHER, mails]
        said = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        lines = map(json.loads, said.stdout.splitlines())
        return {int(line["path"].rpartition("/")[2].removesuffix(".eml")): line for line in lines if line["index"] == 0}
