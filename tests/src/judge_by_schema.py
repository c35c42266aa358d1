"""Judges vars files by a JSON Schema, as an editor does: judge_by_schema.py SCHEMA FILE... prints what
is wrong with each, by the file's name."""

import json
import sys

import jsonschema
import yaml


class Loader(yaml.SafeLoader):
    """Sees a date as the text that it is, and the value behind a tag of Ansible's."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, expression) for tag, expression in found if not tag.endswith(":timestamp")]
    for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
Loader.add_multi_constructor("!", lambda loader, tag, node: loader.construct_scalar(node))

with open(sys.argv[1]) as file:
    schema = json.load(file)
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema)
judged = {}
for path in sys.argv[2:]:
    with open(path, "rb") as file:
        try:
            found = validator.iter_errors(yaml.load(file, Loader))
        except (yaml.YAMLError, ValueError) as error:
            judged[path] = [f"no YAML: {error}"]
            continue
        judged[path] = [f"{error.json_path}: {error.message}" for error in found]
json.dump(judged, sys.stdout)
