// Deploy Airflow code to Astronomer's Astro from a Pulumi program.
package astro
