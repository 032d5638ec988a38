// Holds manifests against the JSON Schema with validators that know nothing of Espresso. Arguments: the schema's path. Standard input: a
// JSON array of YAML texts. Standard output: for each the faults, none for a valid one.
import { readFileSync } from 'node:fs';
import Ajv2020 from 'ajv/dist/2020.js';
import { parse } from 'yaml';

const validate = new Ajv2020({ allErrors: true, strictTypes: false }).compile(JSON.parse(readFileSync(process.argv[2], 'utf8')));

function faultsOf(text) {
  let manifest;
  try {
    manifest = parse(text);
  } catch (error) {
    return [error.message];
  }

  return validate(manifest) ? [] : validate.errors.map(error => `${error.instancePath} ${error.message}`);
}

console.log(JSON.stringify(JSON.parse(readFileSync(0, 'utf8')).map(faultsOf)));
