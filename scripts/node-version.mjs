// Imported before anything else: plain enough for a Node that is too old to run the rest.
const needed = [20, 19];
const parts = process.versions.node.split('.').map(Number);
if (parts[0] < needed[0] || (parts[0] === needed[0] && parts[1] < needed[1])) {
  process.stderr.write(
    'pinwheel: expected Node ' +
      needed.join('.') +
      ' or newer, got ' +
      process.versions.node +
      ' (' +
      process.execPath +
      '); install a newer one from https://nodejs.org\n',
  );
  process.exit(1);
}
