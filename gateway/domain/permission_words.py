"""What each permission lets its holder do, in words: for whoever chooses what a token may do."""

from gateway.domain.roles import Permission
from gateway.words import Words

MEANINGS: dict[Permission, Words] = {
    Permission.READ_ORGANISATION: Words(
        "See your organisations and who belongs to them",
        "Consulter vos organisations et leurs membres",
    ),
    Permission.EDIT_ORGANISATION: Words(
        "Rename your organisations, add and remove members",
        "Renommer vos organisations, y ajouter et en retirer des membres",
    ),
    Permission.CREATE_DEPARTMENT: Words("Create departments", "Créer des ministères"),
    Permission.READ_DRAFTS: Words(
        "See the APIs of your departments with what is not published: drafts, documents as they arrived, "
        "where calls go",
        "Consulter les API de vos ministères avec ce qui n’est pas publié : ébauches, documents tels qu’ils sont "
        "arrivés, destination des appels",
    ),
    Permission.EDIT_API: Words(
        "Create APIs and change their words, documents, plugins, plans and where their calls go",
        "Créer des API et en modifier les textes, les documents, les modules, les forfaits et la destination des "
        "appels",
    ),
    Permission.PUBLISH_API: Words(
        "Publish versions of APIs, announce their retirement and retire them",
        "Publier des versions d’API, annoncer leur retrait et les retirer",
    ),
    Permission.READ_APPLICATION: Words(
        "See applications, their credentials without the secrets, and their subscriptions",
        "Consulter les applications, leurs justificatifs sans les secrets, et leurs abonnements",
    ),
    Permission.EDIT_APPLICATION: Words(
        "Register, change and close applications, make and revoke their credentials, and say where their notices go",
        "Inscrire, modifier et fermer des applications, créer et révoquer leurs justificatifs, et dire où vont "
        "leurs avis",
    ),
    Permission.SUSPEND_APPLICATION: Words(
        "Suspend and resume any application",
        "Suspendre et rétablir toute application",
    ),
    Permission.SUBSCRIBE: Words(
        "Subscribe applications to APIs, change their plans and cancel",
        "Abonner des applications à des API, changer leurs forfaits et les désabonner",
    ),
    Permission.REVOKE_SUBSCRIPTION: Words(
        "Suspend, resume and revoke subscriptions to the APIs of your departments",
        "Suspendre, rétablir et révoquer les abonnements aux API de vos ministères",
    ),
    Permission.READ_USAGE: Words(
        "Read what was called, what is left of plans, and who subscribes to the APIs of your departments",
        "Lire ce qui a été appelé, ce qui reste des forfaits, et qui est abonné aux API de vos ministères",
    ),
    Permission.READ_AUDIT: Words("Read the audit trail", "Lire le journal d’audit"),
    Permission.MANAGE_TOKENS: Words(
        "List, make and revoke tokens, which may do no more than the one that makes them; list and end your sessions "
        "on the portal; choose the messages that you get",
        "Énumérer, créer et révoquer des jetons, qui ne peuvent rien faire de plus que celui qui les crée; énumérer et "
        "clore vos sessions sur le portail; choisir les messages que vous recevez",
    ),
}
"""A sentence for each permission, in the order of `Permission`."""
