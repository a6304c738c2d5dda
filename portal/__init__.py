"""The portal: pages for people, in English and French, that work without scripts. `site.install_portal` adds it."""
