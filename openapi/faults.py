"""Every fault that loading and validation can find: one row each, with its words in both languages.

Law: no other file writes a sentence for a reader; a row's id never changes once released.
"""

from __future__ import annotations

from openapi.finding import Rule, Severity, Words

_ERROR, _WARNING = Severity.ERROR, Severity.WARNING

_ROWS = (
    # --- what is no document at all
    ("too-large", _ERROR,
     "The file is larger than {limit} MiB, the most that is accepted.",
     "Le fichier dépasse {limit} Mio, la taille maximale acceptée."),
    ("empty", _ERROR,
     "The file is empty.",
     "Le fichier est vide."),
    ("binary", _ERROR,
     "The file is not text. Upload the OpenAPI document itself, in YAML or JSON.",
     "Le fichier n’est pas du texte. Téléversez le document OpenAPI lui-même, en YAML ou en JSON."),
    ("markup", _ERROR,
     "The file is an HTML or XML page. Upload the OpenAPI document itself, in YAML or JSON.",
     "Le fichier est une page HTML ou XML. Téléversez le document OpenAPI lui-même, en YAML ou en JSON."),
    ("encoding", _ERROR,
     "The text is not valid UTF-8. Save the file in UTF-8 and upload it again.",
     "Le texte n’est pas en UTF-8 valide. Enregistrez le fichier en UTF-8, puis téléversez-le de nouveau."),
    ("encoding-utf16", _ERROR,
     "The text is in UTF-16 or UTF-32. Save the file in UTF-8 and upload it again.",
     "Le texte est en UTF-16 ou en UTF-32. Enregistrez le fichier en UTF-8, puis téléversez-le de nouveau."),
    ("not-an-object", _ERROR,
     "An OpenAPI document is an object with fields such as “openapi”, “info” and “paths”; this file holds {found}.",
     ("Un document OpenAPI est un objet avec des champs comme « openapi », « info » et « paths »; ce fichier contient"
      " {found}.")),
    ("json-syntax", _ERROR,
     "This is not valid JSON: the text cannot be read from here on.",
     "Ce n’est pas du JSON valide : le texte ne peut pas être lu à partir d’ici."),
    ("yaml-syntax", _ERROR,
     "This is not valid YAML: the text cannot be read from here on.",
     "Ce n’est pas du YAML valide : le texte ne peut pas être lu à partir d’ici."),
    ("yaml-several-documents", _ERROR,
     "The file holds several YAML documents, parted by “---”. Upload one at a time.",
     "Le fichier contient plusieurs documents YAML, séparés par « --- ». Téléversez-en un seul à la fois."),
    ("yaml-tag", _ERROR,
     "The YAML tag “{tag}” is not accepted: only plain data is read.",
     "L’étiquette YAML « {tag} » n’est pas acceptée : seules des données simples sont lues."),
    ("yaml-key", _ERROR,
     "A list or an object cannot be the name of a field.",
     "Une liste ou un objet ne peut pas servir de nom de champ."),
    ("yaml-merge", _ERROR,
     "The merge key “<<” takes an object, or a list of objects.",
     "La clé de fusion « << » prend un objet ou une liste d’objets."),
    ("yaml-unknown-alias", _ERROR,
     "The alias “*{alias}” names an anchor that does not come before it.",
     "L’alias « *{alias} » nomme une ancre qui ne le précède pas."),
    ("yaml-recursive-alias", _ERROR,
     "The alias “*{alias}” contains itself.",
     "L’alias « *{alias} » se contient lui-même."),
    ("alias-explosion", _ERROR,
     "The aliases of this document would unfold into more than {limit} values.",
     "Les alias de ce document se déploieraient en plus de {limit} valeurs."),
    ("too-many-values", _ERROR,
     "The document holds more than {limit} values.",
     "Le document contient plus de {limit} valeurs."),
    ("too-deep", _ERROR,
     "The document is nested more than {limit} levels deep.",
     "Le document est imbriqué sur plus de {limit} niveaux."),
    ("duplicate-key", _ERROR,
     "The field “{name}” is written twice in the same object.",
     "Le champ « {name} » figure deux fois dans le même objet."),
    ("name-too-long", _ERROR,
     "The name of a field is longer than {limit} characters.",
     "Le nom d’un champ dépasse {limit} caractères."),
    ("not-a-number", _ERROR,
     "“{number}” is not a number that JSON can hold.",
     "« {number} » n’est pas un nombre que JSON peut représenter."),
    ("unstorable-character", _ERROR,
     "This text holds a character that cannot be stored: a control character or half of a surrogate pair.",
     ("Ce texte contient un caractère qui ne peut pas être conservé : un caractère de commande ou la moitié d’une"
      " paire de substitution.")),
    # --- which OpenAPI it is
    ("version-missing", _ERROR,
     "The field “openapi” is missing. It says which version of OpenAPI the document follows, for instance “3.1.0”.",
     "Le champ « openapi » est absent. Il indique la version d’OpenAPI que suit le document, par exemple « 3.1.0 »."),
    ("version-swagger", _ERROR,
     "This is a Swagger {version} document. Convert it to OpenAPI 3.0 or 3.1, then upload it again.",
     "Ce document est en Swagger {version}. Convertissez-le en OpenAPI 3.0 ou 3.1, puis téléversez-le de nouveau."),
    ("version-unsupported", _ERROR,
     "The OpenAPI version “{version}” is not supported. Use 3.0 or 3.1, written as text (for instance “3.0.3”).",
     ("La version d’OpenAPI « {version} » n’est pas prise en charge. Utilisez 3.0 ou 3.1, sous forme de texte (par"
      " exemple « 3.0.3 »).")),
    # --- shape
    ("wrong-type", _ERROR,
     "“{name}” must be {expected}, not {found}.",
     "« {name} » doit être {expected} et non {found}."),
    ("field-missing", _ERROR,
     "The field “{name}” is required in {owner}.",
     "Le champ « {name} » est obligatoire dans {owner}."),
    ("field-unknown", _ERROR,
     "“{name}” is not a field of {owner}. A field of your own begins with “x-”.",
     "« {name} » n’est pas un champ de {owner}. Un champ qui vous est propre commence par « x- »."),
    ("name-not-allowed", _ERROR,
     "“{name}” cannot be used as a name here: {expected}.",
     "« {name} » ne peut pas servir de nom ici : {expected}."),
    ("component-name", _WARNING,
     "“{name}” is not a good name for a component: {expected}.",
     "« {name} » n’est pas un bon nom de composant : {expected}."),
    ("value-not-allowed", _ERROR,
     "“{value}” is not allowed for “{name}”. Allowed: {allowed}.",
     "« {value} » n’est pas permis pour « {name} ». Valeurs permises : {allowed}."),
    ("too-few", _ERROR,
     "“{name}” must hold at least one value.",
     "« {name} » doit contenir au moins une valeur."),
    ("not-one", _ERROR,
     "“{name}” must hold exactly one value.",
     "« {name} » doit contenir exactement une valeur."),
    ("value-repeated", _ERROR,
     "“{name}” holds the same value more than once.",
     "« {name} » contient plus d’une fois la même valeur."),
    ("number-out-of-range", _ERROR,
     "“{name}” must be {expected}.",
     "« {name} » doit être {expected}."),
    ("fields-exclusive", _ERROR,
     "“{first}” and “{second}” cannot both be given in {owner}.",
     "« {first} » et « {second} » ne peuvent pas figurer ensemble dans {owner}."),
    ("one-of-fields-missing", _ERROR,
     "One of these fields is required in {owner}: {names}.",
     "L’un de ces champs est obligatoire dans {owner} : {names}."),
    ("schema-keyword", _ERROR,
     "The value of “{name}” is not valid in a JSON Schema (draft 2020-12).",
     "La valeur de « {name} » n’est pas valide dans un schéma JSON (version 2020-12)."),
    # --- references
    ("reference-remote", _ERROR,
     ("“{reference}” points outside this document. It is not fetched: there is no network access on import. Bring"
      " what it points at into this document."),
     ("« {reference} » renvoie à l’extérieur de ce document. Rien n’est téléchargé : l’importation n’accède pas au"
      " réseau. Intégrez à ce document ce à quoi il renvoie.")),
    ("reference-not-pointer", _ERROR,
     "“{reference}” is not a JSON pointer. A reference inside the document begins with “#/”.",
     "« {reference} » n’est pas un pointeur JSON. Un renvoi à l’intérieur du document commence par « #/ »."),
    ("reference-missing", _ERROR,
     "“{reference}” points at nothing in this document.",
     "« {reference} » ne renvoie à rien dans ce document."),
    ("reference-circle", _ERROR,
     "“{reference}” leads back to itself without ever reaching an object.",
     "« {reference} » revient à son point de départ sans jamais mener à un objet."),
    ("reference-chain", _ERROR,
     "“{reference}” leads through more than {limit} references before reaching an object.",
     "« {reference} » passe par plus de {limit} renvois avant de mener à un objet."),
    # --- beyond shape
    ("no-operations", _ERROR,
     "The document has no operations: its paths offer nothing to call.",
     "Le document ne comporte aucune opération : ses chemins n’offrent rien à appeler."),
    ("path-template", _ERROR,
     "The braces of the path “{path}” are not well formed: a parameter is a name between “{{” and “}}”.",
     "Les accolades du chemin « {path} » sont mal formées : un paramètre est un nom entre « {{ » et « }} »."),
    ("path-collision", _ERROR,
     "The paths “{path}” and “{other}” collide: a call could match either.",
     "Les chemins « {path} » et « {other} » se confondent : un appel pourrait correspondre à l’un ou à l’autre."),
    ("path-ambiguous", _WARNING,
     ("Some calls fit the paths “{path}” and “{other}” alike: they go to the one that has a fixed segment where the"
      " two first differ."),
     ("Des appels correspondent à la fois aux chemins « {path} » et « {other} » : ils vont à celui qui a un"
      " segment fixe là où les deux diffèrent d’abord.")),
    ("paths-not-compared", _WARNING,
     ("So many paths have so many parameters that not all could be compared: calls may fit two of them alike, and it is"
      " not said here."),
     ("Tant de chemins ont tant de paramètres que tous n’ont pu être comparés : il se peut que des appels"
      " correspondent à deux d’entre eux à la fois sans que ce soit dit ici.")),
    ("path-control-character", _ERROR,
     "The path “{path}” holds a control character.",
     "Le chemin « {path} » contient un caractère de commande."),
    ("path-unreachable", _WARNING,
     "The path “{path}” holds “?” or “#”, which never are part of a path: no call will match it.",
     ("Le chemin « {path} » contient « ? » ou « # », qui ne font jamais partie d’un chemin : aucun appel n’y"
      " correspondra.")),
    ("path-parameter-repeated", _ERROR,
     "The path “{path}” uses the parameter “{name}” more than once.",
     "Le chemin « {path} » utilise plus d’une fois le paramètre « {name} »."),
    ("path-parameter-undeclared", _ERROR,
     "The path uses “{name}”, but the operation {method} does not declare a path parameter of that name.",
     "Le chemin utilise « {name} », mais l’opération {method} ne déclare aucun paramètre de chemin de ce nom."),
    ("path-parameter-unused", _ERROR,
     "The path parameter “{name}” does not appear in the path “{path}”.",
     "Le paramètre de chemin « {name} » ne figure pas dans le chemin « {path} »."),
    ("path-parameter-optional", _ERROR,
     "The path parameter “{name}” must say “required: true”.",
     "Le paramètre de chemin « {name} » doit indiquer « required: true »."),
    ("parameter-repeated", _ERROR,
     "The parameter “{name}” (in {location}) is declared twice.",
     "Le paramètre « {name} » (dans {location}) est déclaré deux fois."),
    ("operation-id-repeated", _ERROR,
     "The operationId “{name}” is already used by {other}.",
     "L’operationId « {name} » est déjà utilisé par {other}."),
    ("tag-repeated", _ERROR,
     "The tag “{name}” is described twice.",
     "L’étiquette « {name} » est décrite deux fois."),
    ("security-undeclared", _WARNING,
     "The security scheme “{name}” is not declared in “components.securitySchemes”.",
     "Le mécanisme de sécurité « {name} » n’est pas déclaré dans « components.securitySchemes »."),
    # --- what the server in front of the service refuses
    ("path-refused", _WARNING,
     "The path “{path}” has a segment that is “.” or “..”, plain or percent-encoded: every call to it will be refused.",
     ("Le chemin « {path} » a un segment « . » ou « .. », en clair ou encodé : tout appel qui lui"
      " est destiné sera refusé.")),
    ("method-refused", _WARNING,
     "The method {method} is never let through: every call to this operation will be refused.",
     "La méthode {method} n’est jamais admise : tout appel à cette opération sera refusé."),
    ("key-in-query", _WARNING,
     ("The parameter “{name}” is required in the query (operations: {count}), but a call that has it there will be"
      " refused: addresses are written to logs. Leave it out, or let the service read it from a header of its own."),
     ("Le paramètre « {name} » est obligatoire dans la requête (opérations : {count}), mais un appel qui l’y place"
      " sera refusé : les adresses se retrouvent dans les journaux. Retirez-le, ou que le service le lise dans un"
      " en-tête qui lui est propre.")),
    ("scheme-in-query", _WARNING,
     ("The security scheme “{name}” needs “{parameter}” in the query, but a call that has it there will be refused:"
      " addresses are written to logs. Leave it out, or let the service read it from a header of its own."),
     ("Le mécanisme de sécurité « {name} » exige « {parameter} » dans la requête, mais un appel qui l’y place sera"
      " refusé : les adresses se retrouvent dans les journaux. Retirez-le, ou que le service lise la clé dans un"
      " en-tête qui lui est propre.")),
    ("too-many-findings", _WARNING,
     "There are more faults than the {limit} shown. Correct these first, then check again.",
     "Il y a plus de fautes que les {limit} affichées. Corrigez d’abord celles-ci, puis vérifiez de nouveau."),
)  # fmt: skip

FAULTS: dict[str, Rule] = {row[0]: Rule(*row) for row in _ROWS}

TYPE_WORDS: dict[str, Words] = {
    "object": Words("an object", "un objet"),
    "array": Words("a list", "une liste"),
    "string": Words("a string", "une chaîne"),
    "number": Words("a number", "un nombre"),
    "integer": Words("an integer", "un nombre entier"),
    "boolean": Words("a boolean", "un booléen"),
    "null": Words("nothing (null)", "rien (null)"),
    "schema": Words("a schema (an object or a boolean)", "un schéma (un objet ou un booléen)"),
}


def type_of(value: object) -> str:
    """The JSON type name of a value, "integer" for whole numbers."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, str):
        return "string"
    if isinstance(value, int):
        return "integer"
    if isinstance(value, float):
        return "number"
    return "array" if isinstance(value, list) else "object"
